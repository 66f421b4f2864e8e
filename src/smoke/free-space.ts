/**
 * How much is free where a container writes: a question to the kernel, which costs nothing beside one to the engine,
 * who counts files. Told where the engine's containers are processes of this machine. Judges nothing.
 */
import { statfs } from 'node:fs/promises';
import path from 'node:path/posix';
import type { ContainerEngine } from '../engine/engine.ts';
import { belongsTo } from './inside.ts';

/** Bytes free on the file systems together; `ended` once the container has; undefined where it cannot be seen. */
export type FreeSpace = number | 'ended' | undefined;

/** A look at the root of one container and at what is mounted at `targets`. */
export function freeSpaceOf(
  engine: Pick<ContainerEngine, 'inspectContainer'>,
  id: string,
  targets: readonly string[],
): (signal: AbortSignal) => Promise<FreeSpace> {
  let pid = 0;
  return async (signal) => {
    if (pid === 0 || !(await belongsTo(id, String(pid)))) {
      const state = await engine.inspectContainer(id, signal);
      if (!state.ok) return undefined;
      if (state.value.status === 'exited') return 'ended';
      ({ pid } = state.value);
      if (pid === 0 || !(await belongsTo(id, String(pid)))) return undefined;
    }
    try {
      const looks = ['/', ...targets].map((target) => statfs(path.join(`/proc/${pid}/root`, target)));
      return (await Promise.all(looks)).reduce((sum, { bavail, bsize }) => sum + bavail * bsize, 0);
    } catch {
      return undefined;
    }
  };
}
