/**
 * The user's home as z2jh mounts it: an empty volume owned root:100 with mode 2775 over the image's home; and homes
 * that went wrong, for the clauses that ask for them. It does not judge whether the image can live with that.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { Mount } from '../engine/container.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import { workplace } from './prepared-volume.ts';

/**
 * `empty`: as z2jh gives it. `from-image`: filled with what the image has there, as Docker alone would.
 * `full`: not one file goes in. `read-only`: nothing goes in.
 */
export type HomeKind = 'empty' | 'from-image' | 'full' | 'read-only';

export interface Home {
  /** The path in the image that it is mounted over. */
  readonly path: string;
  readonly mounts: readonly Mount[];
  readonly tmpfs: Readonly<Record<string, string>>;
  /** Gives it its owner and mode, in a container that has not started. */
  readonly prepare?: (id: string, signal: AbortSignal) => Promise<Result<void, EngineError>>;
}

/** What Kubernetes makes of a fresh volume for `fsGroup: 100`, for a script in the image's own shell. */
export const ownByGroup = `chown 0:100 ${workplace} && chmod 2775 ${workplace}`;

const groupOwned = { uid: 0, gid: 100, mode: 0o2775 };

/** Prepares a home to be mounted at `path`. */
export async function mountHome(
  bench: Bench,
  path: string,
  kind: HomeKind,
  signal: AbortSignal,
): Promise<Result<Home, EngineError>> {
  if (kind === 'full') {
    return ok({ path, mounts: [], tmpfs: { [path]: 'uid=0,gid=100,mode=2775,size=4k,nr_inodes=1' } });
  }
  const volume = await bench.volume(signal);
  if (!volume.ok) return volume;
  const mount: Mount = {
    kind: 'volume',
    volume: volume.value,
    target: path,
    noCopy: kind !== 'from-image',
    readOnly: kind === 'read-only',
  };
  if (kind !== 'empty') return ok({ path, mounts: [mount], tmpfs: {} });
  return ok({
    path,
    mounts: [mount],
    tmpfs: {},
    prepare: (id, own) => bench.engine.ownFolder(id, path, groupOwned, own),
  });
}
