/** What the guides tell people to type: every option is one, and what needs neither an engine nor a cluster does what it says. */
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { BusyHub } from '../rig/busy-hub.ts';
import { build } from '../rig/command.ts';
import { commandsIn, matrixPartIn } from '../rig/guides.ts';
import { matrixFolder } from '../rig/matrix-folder.ts';
import { releasedTag, releaseOf } from '../rig/release.ts';

const root = path.resolve(import.meta.dirname, '../..');
const guides = ['big-day.md', 'from-make.md', 'deployment.md'];

const all = guides.flatMap((guide) => commandsIn(guide).map((words) => ({ guide, words })));

test('the guides have commands at all', () => {
  for (const guide of guides) expect(commandsIn(guide).length, guide).toBeGreaterThan(0);
});

describe('each documented option exists', () => {
  const groups = new Set(['prepull', 'emit', 'registry', 'add', 'remove']);
  const commands = Map.groupBy(all, ({ words: [first = '', second = ''] }) =>
    groups.has(first) ? `${first} ${second}` : first,
  );
  test.each([...commands])('%s', async (command, uses) => {
    const { exitCode, stdout } = await build(root, [...command.split(' '), '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`build ${command} `);
    for (const option of uses.flatMap(({ words }) => words.filter((word) => /^--?[a-z]/.test(word))))
      expect(stdout, option).toMatch(new RegExp(`(?<![\\w-])${option}(?![\\w-])`));
  });
});

test('`build --help` has every command under a heading that says what it is about', async () => {
  const { stdout } = await build(root, ['--help']);
  expect(stdout).toContain('Build and test:\n  images ');
  expect(stdout).not.toContain('Others:');
});

const registry = 'registry.example.org/jupyter';
const names = ['base', 'course-physics-student', 'course-physics-instructor', 'pause'];
const matrix = `registry: ${registry}
images:
  base: { context: base, kind: singleuser }
  course:
    context: course
    kind: singleuser
    axes: { course: [physics], role: [student, instructor] }
${matrixPartIn('big-day.md', 'pools')}`;

test('the big day, as far as no engine and no cluster is needed', { timeout: 180_000 }, async () => {
  await using hub = await BusyHub.start([
    { user: 'ada', started: '2026-11-19T09:00:00Z', lastActivity: '2026-11-19T09:00:00Z' },
  ]);
  await using folder = await matrixFolder({
    'matrix.yaml': matrix,
    'base/Dockerfile': 'FROM scratch\n',
    'course/Dockerfile': 'FROM scratch\n',
    'release.json': JSON.stringify(releaseOf(registry, names)),
    'values.yaml': `singleuser:\n  image:\n    name: ${registry}/base\n    tag: "1"\n`,
    token: hub.token,
  });
  const here = new Set(['values', 'prepull generate', 'prepull rbac', 'restart-servers']);
  const outputs = new Map<string, string>();
  for (const words of commandsIn('big-day.md')) {
    const name = words[0] === 'prepull' ? words.slice(0, 2).join(' ') : (words[0] ?? '');
    if (!here.has(name)) continue;
    const args = words.map((word) => (word === 'https://hub.example.org' ? hub.url : word));
    const answer = await build(folder.directory, args);
    expect(answer.exitCode, `${words.join(' ')}: ${answer.stderr}`).toBe(0);
    outputs.set(words.slice(0, 5).join(' '), answer.stdout);
  }
  const text = [...outputs.values()].join('\n');
  expect(text).toContain(`+    tag: "${releasedTag('base')}"`);
  expect(text).toContain('values.yaml: 1 image, all as released');
  expect(text).toContain('profileLists:');
  expect(text).toContain('kind: DaemonSet');
  expect(text).toContain('hub.jupyter.org/node-purpose: user');
  expect(text).toContain('kind: Role');
  expect(hub.running).toEqual([]);
});
