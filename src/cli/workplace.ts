/** What commands that work on images open first: the engine, the registry client, the logins. */
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import { dockerCredentials } from '../../registry/credentials.ts';
import { connectDocker } from '../engine/docker/docker-engine.ts';
import type { CredentialSource, Engine } from '../engine/engine.ts';
import type { CliContext } from './context.ts';

export interface Workplace extends AsyncDisposable {
  readonly engine: Engine;
  readonly registry: RegistryClient;
  readonly credentials: CredentialSource;
}

/** Opens no connection yet: what is not there is told by the first question. */
export function openWorkplace(context: CliContext): Workplace {
  const engine = connectDocker({});
  const credentials = dockerCredentials(context.env);
  const registry = createRegistryClient({ credentials, userAgent: `hubwright/${context.version}` });
  return { engine, registry, credentials, [Symbol.asyncDispose]: () => engine.close() };
}
