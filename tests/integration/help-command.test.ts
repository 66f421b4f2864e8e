/** Help for a command, however it is asked for; a name that no command has is told with the nearest that one has. */
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { build } from '../rig/command.ts';

test.each([
  ['help plam', 'plam', 'plan'],
  ['plam --help', 'plam', 'plan'],
  ['help registry stat', 'stat', 'start'],
  ['registry help stat', 'stat', 'start'],
  ['registry stat --help', 'stat', 'start'],
])('`build %s` says that there is no such command', async (line, name, near) => {
  const { exitCode, stdout, stderr } = await build(tmpdir(), line.split(' '));
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toBe(
    `error: unknown command '${name}'\n(Did you mean ${near}?)\n(\`--help\` shows what there is)`,
  );
});

test('a name that is like none is no command either', async () => {
  const { exitCode, stderr } = await build(tmpdir(), ['help', 'nope']);
  expect(exitCode).toBe(2);
  expect(stderr).toBe("error: unknown command 'nope'\n(`--help` shows what there is)");
});

test.each([
  ['help', 'Usage: build [options] [command]\n'],
  ['help plan', 'Usage: build plan [options] [NAME...]\n'],
  // What a command is to do is no command: its own help is what is wanted.
  ['help images base', 'Usage: build images [options] [NAME...]\n'],
  ['help registry', 'Usage: build registry [options] [command]\n'],
  ['help registry start', 'Usage: build registry start [options]\n'],
  ['registry help start', 'Usage: build registry start [options]\n'],
])('`build %s` shows the help of what is named', async (line, begins) => {
  const { exitCode, stdout, stderr } = await build(tmpdir(), line.split(' '));
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout.startsWith(begins), stdout.slice(0, 80)).toBe(true);
});
