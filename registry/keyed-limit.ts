/** Bounds how much of one kind goes on at a time; the rest waits its turn, first come, first served. */
import pLimit, { type LimitFunction } from 'p-limit';
import { untilAborted } from './until-aborted.ts';

/** At most `atOnce` works under way for each key. */
export class KeyedLimit {
  readonly #atOnce: number;
  readonly #limits = new Map<string, LimitFunction>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Runs `work` when its turn has come; a caller whose signal aborts meanwhile gets `onAbort()` at once. */
  run<T>(key: string, work: () => Promise<T>, onAbort: () => T, signal: AbortSignal): Promise<T> {
    const limit = this.#limits.get(key) ?? pLimit(this.#atOnce);
    this.#limits.set(key, limit);
    const turn = limit(async () => {
      if (signal.aborted) return onAbort();
      return work();
    });
    return untilAborted(turn, onAbort, signal);
  }
}
