import { expect, test } from 'vitest';
import { err, ok } from '../../../src/core/result.ts';
import { brokenScript } from '../../../src/smoke/broken-script.ts';
import type { Pod } from '../../../src/smoke/pod.ts';

const files = new Map([
  ['/usr/bin/tini', '\u007fELF'],
  ['/usr/bin/good', '#!/bin/sh\nexec "$@"\n'],
  ['/usr/bin/windows', '#!/bin/sh\r\nexec "$@"\r\n'],
  ['/opt/venv/bin/server', '#!/home/me/venv/bin/python3 -s\nimport x\n'],
  ['/bin/sh', ''],
]);

// No more of a pod is looked at.
const pod = {
  containerId: 'c',
  image: {
    env: new Map([['PATH', '/opt/venv/bin:/usr/bin']]),
    readFile: async (path: string) => ok(files.get(path)),
  },
  engine: {
    fileMode: async (_id: string, path: string) =>
      files.has(path) ? ok(0o755) : err({ kind: 'not-found', message: path }),
  },
} as unknown as Pod;

test.each([
  [['tini', '--', 'good', 'absent'], undefined],
  [['tini', '--', 'windows', 'server'], '/usr/bin/windows has Windows'],
  [['sh', '/usr/bin/windows'], '/usr/bin/windows has Windows'],
  [['tini', '--', 'server'], '/opt/venv/bin/server is there and begins with `#!/home/me/venv/bin/python3`'],
] as const)('of the programs %j the script that cannot run is told: %s', async (words, expected) => {
  const told = await brokenScript(pod, words, AbortSignal.timeout(1000));
  expect(told.ok && told.value).toEqual(
    expected === undefined ? undefined : expect.stringContaining(expected),
  );
});
