import { expect, test } from 'vitest';
import { lostInShell } from '../../../src/smoke/contract/singleuser/s1-starts-through-entrypoint.ts';

test.each([
  ['the shell form', ['/bin/sh', '-c', 'tini -g -- start.sh'], true],
  ['a list without a word behind', ['tini', '--', 'bash', '-lc', 'exec "$@"'], true],
  ['a list with one', ['tini', '--', 'sh', '-c', 'exec "$@"', '--'], false],
  ['a text that takes it from its name', ['sh', '-c', 'exec "$0" "$@"'], false],
  ['a script', ['tini', '--', 'start.sh'], false],
  ['a shell alone', ['sh', '-c'], true],
  ['nothing', [], false],
])('of an ENTRYPOINT that is %s is said that it loses the command: %3$j', (_what, entrypoint, loses) => {
  expect(lostInShell(entrypoint) !== undefined).toBe(loses);
});
