/**
 * A real registry for tests: Debian's docker-registry as a process of its own on a free port of this machine,
 * with its own configuration and a temporary folder for its data. Ends by its own process, and leaves nothing.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startTokenServer, type TokenServer } from './token-server.ts';

export const REGISTRY_BINARY = '/usr/bin/docker-registry';

/** The one login of the rig; good for nothing but a registry on this machine that lives for seconds. */
export const LOGIN = { username: 'tester', password: 'only-for-tests' } as const;
const LOGIN_HASH = '$2b$04$NR44NextedjeHN7skHOgX.wi7oVsa3SNHFqaqnriP.MfswrQvWPbW';

export type RegistryMode = 'open' | 'htpasswd' | 'token';

export interface RegistryRig extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly pid: number;
  /** Where it keeps what it was given. */
  readonly dataFolder: string;
  /** Only in mode `token`. */
  readonly tokenServer: TokenServer | undefined;
  /** Ends the process and keeps the data, as a crash would. */
  stop(): Promise<void>;
}

/** Starts a registry and waits until it listens. Deleting is allowed in it, but where it `keepsAll`. */
export async function startRegistry(
  mode: RegistryMode = 'open',
  options: { readonly tokenLifetimeSeconds?: number; readonly keepsAll?: true } = {},
): Promise<RegistryRig> {
  const folder = await mkdtemp(join(tmpdir(), 'hubwright-registry-'));
  const tokenServer =
    mode === 'token'
      ? await startTokenServer({
          folder,
          login: LOGIN,
          lifetimeSeconds: options.tokenLifetimeSeconds ?? 300,
        })
      : undefined;
  try {
    await writeFile(join(folder, 'htpasswd'), `${LOGIN.username}:${LOGIN_HASH}\n`);
    await writeFile(
      join(folder, 'config.json'),
      JSON.stringify(configuration(folder, mode, tokenServer, options.keepsAll !== true)),
    );
    const child = spawn(REGISTRY_BINARY, ['serve', join(folder, 'config.json')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {},
    });
    const host = await listeningAddress(child);
    return {
      host,
      pid: child.pid ?? 0,
      dataFolder: join(folder, 'data'),
      tokenServer,
      stop: () => end(child),
      async [Symbol.asyncDispose]() {
        await end(child);
        await tokenServer?.[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await tokenServer?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

// YAML is a superset of JSON, and the registry reads YAML.
function configuration(
  folder: string,
  mode: RegistryMode,
  tokenServer: TokenServer | undefined,
  deletes: boolean,
): object {
  return {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, 'data') }, delete: { enabled: deletes } },
    http: { addr: '127.0.0.1:0', secret: 'of this rig' },
    ...(mode === 'htpasswd' ? { auth: { htpasswd: { realm: 'rig', path: join(folder, 'htpasswd') } } } : {}),
    ...(tokenServer === undefined
      ? {}
      : {
          auth: {
            token: {
              realm: tokenServer.realm,
              service: tokenServer.service,
              issuer: tokenServer.issuer,
              rootcertbundle: tokenServer.certificatePath,
            },
          },
        }),
  };
}

/** The port is the kernel's choice; the registry's log tells it. */
async function listeningAddress(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('the registry has no stderr');
  const lines = createInterface({ input: child.stderr });
  const said: string[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`docker-registry ended with ${code}: ${said.join('\n')}`)));
    lines.on('line', (line) => {
      said.push(line);
      const match = /listening on (127\.0\.0\.1:\d+)/.exec(line);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
  });
  lines.removeAllListeners('line');
  // The pipe has to be read on, or the registry stops at a full one.
  child.stderr.resume();
  return address;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
