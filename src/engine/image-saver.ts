/** Getting whole images out of an engine. Types only. */
import type { Result } from '../core/result.ts';
import type { EngineError } from './engine.ts';

export interface ImageSaver {
  /**
   * Writes images, named by their IDs, into a folder as one OCI image layout; layers that several of them have, or
   * that lie there already, are written once. Answers the digest of each one's manifest in it by the image's ID, as
   * far as the engine tells one (older engines write another form).
   */
  save(
    ids: readonly string[],
    folder: string,
    signal: AbortSignal,
  ): Promise<Result<ReadonlyMap<string, string>, EngineError>>;
}
