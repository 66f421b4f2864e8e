/** What every container of a service is given, whatever it serves. */
import type { BenchContainer } from './bench.ts';
import type { SmokeRequest } from './request.ts';

/** What is granted where matrix.yaml says nothing. */
export const defaultMemory = 1024 ** 3;
export const defaultCpu = 1;
const pidsLimit = 4096;

/** Image, limits and no new privileges; the profile adds the rest. */
export function serviceSpec(
  request: Pick<SmokeRequest, 'reference' | 'resources'>,
): Omit<BenchContainer, 'network' | 'env' | 'mounts'> {
  return {
    image: request.reference,
    securityOpt: ['no-new-privileges'],
    memory: request.resources.memory ?? defaultMemory,
    cpu: request.resources.cpu ?? defaultCpu,
    pidsLimit,
  };
}
