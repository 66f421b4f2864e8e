/** A container's whole file system as an engine hands it out: one thing after the other, none of it kept. */
import type { Result } from '../core/result.ts';
import type { EngineError } from './engine.ts';

export type TreeKind = 'file' | 'directory' | 'symlink' | 'link' | 'other';

/** One thing in a container's file system. */
export interface TreeEntry {
  /** From the root, without a slash at either end. */
  readonly path: string;
  readonly kind: TreeKind;
  /** Permissions, with the bits for set-user-ID, set-group-ID and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a file. */
  readonly size: number;
  /** What a symbolic link says, or the path that a hard link stands for; else empty. */
  readonly target: string;
}

export interface TreeReader {
  /**
   * Everything in a container's file system, running or not, in the order in which the engine tells it. `visit` gets
   * each entry with its content as a stream, and may leave it unread; all of it passes by once.
   */
  readTree(
    id: string,
    visit: (entry: TreeEntry, content: AsyncIterable<Buffer>) => Promise<void>,
    signal: AbortSignal,
  ): Promise<Result<void, EngineError>>;
}
