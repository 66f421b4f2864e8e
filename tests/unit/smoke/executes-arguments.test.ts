import { expect, test } from 'vitest';
import { hearsInstead } from '../../../src/smoke/contract/singleuser/s3-executes-arguments.ts';
import type { HostProcess } from '../../../src/smoke/inside.ts';

/** `PID PARENT STATE ARGUMENTS…`, as they come from /proc. */
function tree(...lines: readonly string[]): readonly HostProcess[] {
  return lines.map((line) => {
    const [pid = '', parent = '', state = '', ...args] = line.split(' ');
    return { pid: Number(pid), parent: Number(parent), state, name: args[0] ?? '', args };
  });
}

const server = 'python3 -s /usr/local/bin/jupyterhub-singleuser';

test.each([
  ['the server alone', [`10 1 S ${server}`], undefined],
  ['an init', ['10 1 S tini -- start.sh', `11 10 S ${server}`], undefined],
  [
    'an init, and helpers that came later',
    ['10 1 S /sbin/tini --', `11 10 S ${server}`, '12 10 S redis'],
    undefined,
  ],
  ['a zombie before it', ['10 1 S tini', '11 10 Z', `12 10 S ${server}`], undefined],
  ['a shell above it', ['10 1 S tini', '11 10 S sh /entry', `12 11 S ${server}`], 11],
  ['a shell as PID 1', ['10 1 S bash /entry', `11 10 S ${server}`], 10],
  ['what a shell became', ['10 1 S tini', '11 10 S sleep infinity', `12 11 S ${server}`], 11],
  ['an orphan beside what the init waits for', ['10 1 S tini', '11 10 S tail -f', `13 10 S ${server}`], 11],
  ['a launcher', ['10 1 S tini', '11 10 S python3 /opt/conda/bin/conda run', `12 11 S ${server}`], 11],
  ['no server at all', ['10 1 S tini', '11 10 S sleep'], undefined],
] as const)('with %s the signals go to %3$j', (_what, lines, pid) => {
  expect(hearsInstead(tree(...lines))?.pid).toBe(pid);
});
