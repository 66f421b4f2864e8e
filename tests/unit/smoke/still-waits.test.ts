import { err, ok } from '../../../src/core/result.ts';
import { expect, test } from 'vitest';
import { stillWaits } from '../../../src/smoke/contract/singleuser/s1-starts-through-entrypoint.ts';
import type { ListeningSocket } from '../../../src/smoke/inside.ts';

const scripts: Readonly<Record<string, string>> = {
  '/entry.sh': '#!/bin/sh\nuntil nslookup db; do sleep 1; done\nexec "$@"\n',
  '/serve.sh': '#!/bin/bash\necho ready\nexec sleep infinity\n',
};
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
  ['the script never names its arguments', ['bash', '/serve.sh', 'jupyterhub-singleuser'], [], false],
  ['the script cannot be read', ['bash', '/gone.sh', 'jupyterhub-singleuser'], [], true],
  ["a shell's text names them", ['sh', '-c', 'sleep 9; exec "$@"', '--', 'jupyterhub-singleuser'], [], true],
  ["a shell's text does not", ['/bin/sh', '-c', 'sleep 600', 'jupyterhub-singleuser'], [], false],
  ['it is no shell', ['python3', '/entry.py', 'jupyterhub-singleuser'], [], true],
] as const)('an entry point still waits where %s: %4$j', async (_what, program, listening, waits) => {
  const last = err({ kind: 'refused', message: '' } as const);
  const seen: readonly ListeningSocket[] | undefined = listening;
  const outcome = { kind: 'not-ready', afterMs: 1, waitedMs: 0, last, listening: seen } as const;
  const image = { readFile: async (path: string) => ok(scripts[path]) };
  const answer = await stillWaits({ outcome, image }, [init, program], new AbortController().signal);
  expect(answer).toEqual(ok(waits));
});
