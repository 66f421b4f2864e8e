import { describe, expect, it } from 'vitest';
import { isStartFault } from '../../../src/smoke/start-fault.ts';

const oci =
  'failed to create task for container: OCI runtime create failed: unable to start container process:';

describe('a start that the engine refused', () => {
  it.each([
    `${oci} exec: "/no/such": stat /no/such: no such file or directory: unknown`,
    `${oci} exec: "jupyterhub": executable file not found in $PATH: unknown`,
    `${oci} exec: "/start.sh": permission denied: unknown`,
    'unable to find user jovyan: no matching entries in passwd file',
  ])('is the image’s fault: %s', (message) => {
    expect(isStartFault({ kind: 'failed', message })).toBe(true);
  });

  it.each([
    ['failed', 'error while mounting volume: open /var/lib/docker/volumes/x: no such file or directory'],
    ['failed', 'no space left on device'],
    ['unreachable', 'exec: "x": executable file not found'],
  ] as const)('is the engine’s: %s, %s', (kind, message) => {
    expect(isStartFault({ kind, message })).toBe(false);
  });
});
