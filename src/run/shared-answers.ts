/**
 * What a registry said that all images of a run may go by, so that a family of a thousand does not ask for one parent,
 * or for one release, a thousand times. Keeps only what cannot be outdated; how it is asked is the asker's.
 */
import { SingleFlight } from '../../registry/single-flight.ts';
import { cancelled, done, type StageResult } from './run-context.ts';
import type { Release } from './schema.ts';

export class SharedAnswers {
  /** The layers behind published digests, and of the engine's images by their IDs. */
  readonly layers = new AskOnce<readonly string[]>();
  /** Reads of the newest release that go on at the same moment are one. */
  readonly releases = new SingleFlight<Release | undefined>();
  /** Releases that were read, by the digest of their bytes. */
  readonly releaseBytes = new Map<string, Release>();
  /** As this run read it last: what it names was published, whatever was released since. */
  newestRelease: Release | undefined;
}

/** Answers that stay true: found once, they are known for the rest of the run. Only what was found is kept. */
export class AskOnce<T> {
  readonly #kept = new Map<string, T>();
  readonly #flights = new SingleFlight<StageResult<T | undefined>>();

  /** What `ask` answered first under this key; those who want the same at the same moment wait for one question. */
  async get(
    key: string,
    ask: (signal: AbortSignal) => Promise<StageResult<T | undefined>>,
    signal: AbortSignal,
  ): Promise<StageResult<T | undefined>> {
    const kept = this.#kept.get(key);
    if (kept !== undefined) return done(kept);
    const askAndKeep = async (shared: AbortSignal): Promise<StageResult<T | undefined>> => {
      const answer = await ask(shared);
      if (answer.kind === 'ok' && answer.value !== undefined) this.#kept.set(key, answer.value);
      return answer;
    };
    return await this.#flights.run(key, askAndKeep, () => cancelled, signal);
  }
}
