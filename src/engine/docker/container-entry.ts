/**
 * What lies under a path of a container, as its own file system would find it: the engine's archives hand out a
 * symbolic link itself where a path ends in one. Whole folders are container-folders.ts's part.
 */
import { posix } from 'node:path';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { EngineError } from '../engine.ts';
import { readTarFile, type TarFile } from './tar-file.ts';
import { segment } from './transport.ts';
import type { Transport } from './transport.ts';

const maximumLinks = 8;

export interface ContainerEntry {
  /** Where it lies: the path that was asked for, with the links at its end followed. */
  readonly path: string;
  readonly entry: Exclude<TarFile, { kind: 'symlink' }>;
}

/** The path of a container's archive in the engine's API. */
export function archiveOf(id: string): string {
  return `/containers/${segment(id)}/archive`;
}

/** Follows symbolic links; a file's content is read where it has at most `maxBytes`. Nothing there is an error. */
export async function readEntry(
  transport: Transport,
  id: string,
  path: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Result<ContainerEntry, EngineError>> {
  let current = path;
  for (let links = 0; links <= maximumLinks; links++) {
    const request = { method: 'GET', path: archiveOf(id), query: { path: current } } as const;
    const body = await transport.stream(request, signal);
    if (!body.ok) return body;
    try {
      const entry = await readTarFile(body.value, maxBytes);
      if (entry.kind !== 'symlink') return ok({ path: current, entry });
      current = posix.resolve(posix.dirname(current), entry.target);
    } catch (cause) {
      return err(transport.errorOf(cause, signal));
    } finally {
      body.value.destroy();
    }
  }
  return err({ kind: 'failed', message: `${path}: too many symbolic links` });
}
