/**
 * A Trivy server for the length of a run: it holds the database open and keeps what each layer holds, so that scans
 * side by side look at a layer once. Trivy's own cache on the disk can be open in one process alone; where another
 * run has it, this one keeps what it sees in a folder of its own.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { err, ok, type Result } from '../core/result.ts';
import { cancelledScan, type ScanTrouble, type TrivyProgram } from './trivy-program.ts';

export interface TrivyServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly address: string;
  /** What a client has to know in its environment: other users of the machine shall not write into the cache. */
  readonly secrets: Readonly<Record<string, string>>;
}

const startMs = 60_000;
const pollMs = 50;
/** Another process may take the port between our look and Trivy's. */
const tries = 3;

/** Starts a server over the database that lies in Trivy's folder. `signal` ends it as well. */
export async function startTrivyServer(
  trivy: TrivyProgram,
  signal: AbortSignal,
): Promise<Result<TrivyServer, ScanTrouble>> {
  let trouble: ScanTrouble = { kind: 'failed', message: 'Trivy server: it did not start' };
  let own: string | undefined;
  for (let round = 0; round < tries; round += 1) {
    if (signal.aborted) return err(cancelledScan);
    const started = await startOnce(trivy, own ?? trivy.cache, signal);
    if (started.ok) {
      const { server, end } = started.value;
      const folder = own;
      return ok({
        ...server,
        async [Symbol.asyncDispose]() {
          await end();
          if (folder !== undefined) await rm(folder, { recursive: true, force: true });
        },
      });
    }
    trouble = started.error;
    own ??= await ownFolder(trivy.cache);
  }
  if (own !== undefined) await rm(own, { recursive: true, force: true });
  return err(trouble);
}

interface Started {
  readonly server: Pick<TrivyServer, 'address' | 'secrets'>;
  readonly end: () => Promise<void>;
}

async function startOnce(
  trivy: TrivyProgram,
  cache: string,
  signal: AbortSignal,
): Promise<Result<Started, ScanTrouble>> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const secrets = { TRIVY_TOKEN: randomBytes(24).toString('hex') };
  const args = [
    'server',
    '--cache-dir',
    cache,
    '--skip-db-update',
    '--listen',
    `127.0.0.1:${port}`,
    '--quiet',
  ];
  const child = execa(trivy.program, args, {
    env: { ...trivy.env, ...secrets },
    extendEnv: false,
    stdin: 'ignore',
    stdout: 'ignore',
    cancelSignal: signal,
    reject: false,
  });
  let ended = false;
  const end = child.then((result) => {
    ended = true;
    return result;
  });
  const deadline = performance.now() + startMs;
  const isWaiting = (): boolean => !ended && performance.now() < deadline;
  while (isWaiting()) {
    if (await isHealthy(address, signal)) {
      return ok({
        server: { address, secrets },
        end: async () => {
          child.kill('SIGTERM');
          await end;
        },
      });
    }
    await wait(pollMs);
  }
  child.kill('SIGKILL');
  const { stderr } = await end;
  if (signal.aborted) return err(cancelledScan);
  const words = stderr.trim().split('\n').at(-1) ?? '';
  return err({ kind: 'failed', message: `Trivy server: ${words === '' ? 'it did not answer' : words}` });
}

async function isHealthy(address: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`${address}/healthz`, { signal });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}

/** A folder with the same database and a cache of its own. */
async function ownFolder(cache: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-trivy-'));
  await mkdir(cache, { recursive: true });
  await symlink(path.join(cache, 'db'), path.join(folder, 'db'));
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // a TCP server has no other kind of address
  await new Promise((resolve) => server.close(resolve));
  return port;
}
