/** A client before a registry that fails on demand: its pauses are noted and not waited for. */
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import type { Credentials } from '../../registry/credentials.ts';
import { digestOf } from '../../registry/digest.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import type { RetryPolicy } from '../../registry/retry.ts';
import { MANIFEST, startFaultRegistry, type FaultRegistry } from './fault-registry.ts';

export const LOGIN = { username: 'tester', password: 'secret-of-the-test' };

export interface FaultRig extends AsyncDisposable {
  readonly registry: FaultRegistry;
  readonly client: RegistryClient;
  readonly target: Reference;
  readonly pauses: number[];
}

/** A registry that has `base:one`, and a client whose pauses are noted and not waited for. */
export async function startRig(
  options: {
    credentials?: Credentials;
    retry?: Partial<RetryPolicy>;
    timeoutMs?: number;
    perHost?: number;
  } = {},
): Promise<FaultRig> {
  const registry = await startFaultRegistry();
  registry.manifests.set('base:one', MANIFEST).set(`base@${digestOf(MANIFEST)}`, MANIFEST);
  const pauses: number[] = [];
  const client = createRegistryClient({
    credentials: async () => options.credentials,
    userAgent: 'client under test',
    timeoutMs: options.timeoutMs ?? 5000,
    ...(options.perHost === undefined ? {} : { perHost: options.perHost }),
    retry: {
      random: () => 0.5,
      sleep: async (ms) => {
        pauses.push(ms);
      },
      ...options.retry,
    },
  });
  const target = parseReference(`${registry.host}/base:one`);
  if (target.kind !== 'reference') throw new Error(target.message);
  return {
    registry,
    client,
    target,
    pauses,
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
