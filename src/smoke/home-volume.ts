/**
 * The user's home as z2jh mounts it: an empty volume owned root:100 with mode 2775 over the image's home.
 * It does not judge whether the image can live with that.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { Mount } from '../engine/container.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import { prepareVolume, workplace } from './prepared-volume.ts';

export interface Home {
  /** The path in the image that it is mounted over. */
  readonly path: string;
  readonly mounts: readonly Mount[];
  readonly tmpfs: Readonly<Record<string, string>>;
}

/** z2jh's `singleuser.storage.homeMountPath`. */
const usualHome = '/home/jovyan';
const userId = 1000;

/** What Kubernetes makes of a fresh volume for `fsGroup: 100`. */
export const ownByGroup = `chown 0:100 ${workplace} && chmod 2775 ${workplace}`;

/**
 * Prepares the volume and finds out where the image's home is.
 * An image without a shell gets a tmpfs of the same owner and mode: it forgets everything between two
 * starts, and is otherwise alike.
 */
export async function prepareHome(
  bench: Bench,
  image: string,
  signal: AbortSignal,
): Promise<Result<Home, EngineError>> {
  const script = `${ownByGroup} && echo "HOME=$HOME"`;
  const prepared = await prepareVolume(bench, image, { script, file: '/etc/passwd' }, signal);
  if (!prepared.ok) return prepared;
  const { volume, output, file } = prepared.value;
  const path = homeOf(output, file ?? '');
  if (output === undefined) {
    return ok({ path, mounts: [], tmpfs: { [path]: 'uid=0,gid=100,mode=2775,size=256m,exec' } });
  }
  return ok({ path, mounts: [{ kind: 'volume', volume, target: path, noCopy: true }], tmpfs: {} });
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
