import { err } from '../../../src/core/result.ts';
import { expect, test } from 'vitest';
import { stillWaits } from '../../../src/smoke/contract/singleuser/s1-starts-through-entrypoint.ts';
import type { ListeningSocket } from '../../../src/smoke/inside.ts';

const init = ['tini', '--', 'sh', '/entry.sh', 'jupyterhub-singleuser'];

test.each([
  ['a shell has the command before it', ['sh', '/entry.sh', 'jupyterhub-singleuser'], [], true],
  [
    'something listens',
    ['sh', '/entry.sh', 'jupyterhub-singleuser'],
    [{ port: 8888, loopback: false }],
    false,
  ],
  ['only the init knows of the command', ['sleep', 'infinity'], [], false],
  ['nobody can see what listens', ['sh', '/entry.sh', 'jupyterhub-singleuser'], undefined, false],
] as const)('an entry point still waits where %s: %4$j', (_what, program, listening, waits) => {
  const last = err({ kind: 'refused', message: '' } as const);
  const seen: readonly ListeningSocket[] | undefined = listening;
  const outcome = { kind: 'not-ready', afterMs: 1, waitedMs: 0, last, listening: seen } as const;
  expect(stillWaits({ outcome }, [init, program])).toBe(waits);
});
