/** What commands that work on images open first: the engine, the registry client, the logins. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegistryClient } from '../../registry/client.ts';
import { lazyRegistryClient } from '../../registry/lazy-client.ts';
import { askAhead } from '../engine/ask-ahead.ts';
import { connectDocker } from '../engine/docker/docker-engine.ts';
import type { CredentialSource, Engine } from '../engine/engine.ts';
import type { CliContext } from './context.ts';
import { tell } from './tell.ts';

const insecureName = 'HUBWRIGHT_INSECURE_REGISTRIES';

export interface Workplace extends AsyncDisposable {
  readonly engine: Engine;
  readonly registry: RegistryClient;
  readonly credentials: CredentialSource;
}

/**
 * Opens no connection yet: what is not there is told by the first question. `askAhead`: the engine is asked at once
 * what every plan asks it, and tells when the plan gets there.
 */
export function openWorkplace(context: CliContext, options: { readonly askAhead?: boolean } = {}): Workplace {
  const connected = connectDocker({});
  const engine = options.askAhead === true ? askAhead(connected, context.signal) : connected;
  let opened: Promise<CredentialSource> | undefined;
  const credentials: CredentialSource = async (host) => {
    const login = await (await (opened ??= openLogins(context)))(host);
    for (const secret of [login?.password, login?.identityToken]) context.secrets.add(secret ?? '');
    return login;
  };
  const registry = lazyRegistryClient({
    credentials,
    insecure: insecureRegistries(context.env),
    insecureBy: insecureName,
    userAgent: `hubwright/${context.version}`,
  });
  return { engine, registry, credentials, [Symbol.asyncDispose]: () => engine.close() };
}

/** The same, the engine asked at once; answers when the question is on its way, so that it works while we load more. */
export async function openAsking(context: CliContext): Promise<Workplace> {
  const workplace = openWorkplace(context, { askAhead: true });
  // A connection is made, and written to, between two turns of the loop; nothing is written while modules are loaded.
  await nextTurn();
  await nextTurn();
  return workplace;
}

/** Logins are looked for where a registry is asked; most runs ask none. */
async function openLogins(context: CliContext): Promise<CredentialSource> {
  const [{ dockerCredentials }, { withGoogleCredentials }] = await Promise.all([
    import('../../registry/credentials.ts'),
    import('../../registry/google.ts'),
  ]);
  const onTrouble = tellOnce(context);
  const docker = dockerCredentials(withoutOurs(context.env), onTrouble);
  return withGoogleCredentials(docker, context.env, onTrouble);
}

/** A credential helper is the user's own program and gets the user's environment, but for what is cosign's alone. */
function withoutOurs(env: CliContext['env']): CliContext['env'] {
  return { ...env, COSIGN_PASSWORD: undefined, SIGSTORE_ID_TOKEN: undefined };
}

/** Hosts beside this machine that are spoken to without TLS, set apart by commas. */
function insecureRegistries(env: CliContext['env']): readonly string[] {
  const hosts = (env[insecureName] ?? '').split(',').map((host) => host.trim());
  return hosts.filter((host) => host !== '');
}

/** A login that cannot be had is worth a word, for what follows is only "denied"; each run asks for it several times. */
function tellOnce(context: CliContext): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    void tell(context, [{ category: 'environment', severity: 'warning', code: 'login-trouble', message }]);
  };
}
