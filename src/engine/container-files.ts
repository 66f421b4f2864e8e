/** What an engine is asked of the files and folders of a container, running or not. */
import type { Result } from '../core/result.ts';
import type { FolderEntry, FolderOwner } from './container.ts';
import type { EngineError } from './engine.ts';

export interface ContainerFiles {
  /** One file out of a container, running or not. */
  readFile(
    id: string,
    path: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Result<Buffer, EngineError>>;
  /** The permissions of a file, as `readFile` would find it; no file is an error. */
  fileMode(id: string, path: string, signal: AbortSignal): Promise<Result<number, EngineError>>;
  /** What lies in a folder, subfolders included; as far as `maxBytes` of an archive of it go. */
  listFolder(
    id: string,
    path: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Result<readonly FolderEntry[], EngineError>>;
  /** Gives a folder this owner and mode, and makes it where it is missing; needs nothing inside the image. */
  ownFolder(
    id: string,
    path: string,
    owner: FolderOwner,
    signal: AbortSignal,
  ): Promise<Result<void, EngineError>>;
}
