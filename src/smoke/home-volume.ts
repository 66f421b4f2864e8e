/**
 * The user's home as z2jh mounts it: an empty volume owned root:100 with mode 2775 over the image's home.
 * It does not judge whether the image can live with that.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError, Mount } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import { isStartFault } from './start-fault.ts';

export interface Home {
  /** The path in the image that it is mounted over. */
  readonly path: string;
  readonly mounts: readonly Mount[];
  readonly tmpfs: Readonly<Record<string, string>>;
}

/** z2jh's `singleuser.storage.homeMountPath`. */
const usualHome = '/home/jovyan';
const workplace = '/hubwright-home';
const userId = 1000;

/**
 * Prepares the volume with the image's own shell, started as root for that moment.
 * An image without a shell gets a tmpfs of the same owner and mode: it forgets everything between two
 * starts, and is otherwise alike.
 */
export async function prepareHome(
  bench: Bench,
  image: string,
  signal: AbortSignal,
): Promise<Result<Home, EngineError>> {
  const volume = await bench.volume(signal);
  if (!volume.ok) return volume;
  const helper = await bench.container(
    {
      image,
      entrypoint: ['/bin/sh', '-c'],
      cmd: [`chown 0:100 ${workplace} && chmod 2775 ${workplace} && echo "HOME=$HOME"`],
      user: '0:0',
      env: {},
      network: 'none',
      mounts: [{ kind: 'volume', volume: volume.value, target: workplace, noCopy: true }],
    },
    signal,
  );
  if (!helper.ok) return helper;
  const passwd = await readPasswd(bench, helper.value, signal);
  if (!passwd.ok) return passwd;
  const prepared = await runHelper(bench, helper.value, signal);
  if (!prepared.ok) return prepared;
  const path = homeOf(prepared.value, passwd.value);
  if (prepared.value === undefined) {
    return ok({ path, mounts: [], tmpfs: { [path]: 'uid=0,gid=100,mode=2775,size=256m,exec' } });
  }
  return ok({
    path,
    mounts: [{ kind: 'volume', volume: volume.value, target: path, noCopy: true }],
    tmpfs: {},
  });
}

/** Answers what the helper printed, or undefined where the image cannot do the work. */
async function runHelper(
  bench: Bench,
  id: string,
  signal: AbortSignal,
): Promise<Result<string | undefined, EngineError>> {
  const started = await bench.engine.startContainer(id, signal);
  if (!started.ok) return isStartFault(started.error) ? ok(undefined) : started;
  const ended = await bench.engine.waitContainer(id, signal);
  if (!ended.ok) return ended;
  return ended.value === 0 ? bench.engine.logs(id, 5, 4096, signal) : ok(undefined);
}

async function readPasswd(
  bench: Bench,
  id: string,
  signal: AbortSignal,
): Promise<Result<string, EngineError>> {
  const read = await bench.engine.readFile(id, '/etc/passwd', 256 * 1024, signal);
  if (read.ok) return ok(read.value.toString('utf8'));
  // An image from scratch has no such file.
  return read.error.kind === 'unreachable' || read.error.kind === 'cancelled' ? read : ok('');
}

/**
 * The image's home: its own HOME, else the home of user 1000 in its passwd file, else z2jh's usual one.
 * The helper ran as root, so root's home tells nothing.
 */
export function homeOf(helperOutput: string | undefined, passwd: string): string {
  const declared = /^HOME=(\/.*)$/m.exec(helperOutput ?? '')?.[1]?.trim();
  if (declared !== undefined && declared !== homeInPasswd(passwd, 0) && isUsable(declared)) return declared;
  const ofUser = homeInPasswd(passwd, userId);
  return ofUser !== undefined && isUsable(ofUser) ? ofUser : usualHome;
}

function homeInPasswd(passwd: string, uid: number): string | undefined {
  for (const line of passwd.split('\n')) {
    const fields = line.split(':');
    if (fields[2] === String(uid)) return fields[5];
  }
  return undefined;
}

/** A home that is the whole file system, or root's, cannot be mounted over. */
function isUsable(path: string): boolean {
  return /^\/[\w.@+-]+(\/[\w.@+-]+)*$/.test(path) && !path.split('/').includes('..') && path !== '/root';
}
