/**
 * Lets tests that are judged by the clock run alone: whatever else this process tests waits meanwhile.
 * It knows no test and no engine.
 */
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';

export class Solitude {
  #running = 0;
  #alone = false;
  /** First come, first served; who wants to be alone lets nobody overtake. */
  readonly #waiting: { readonly alone: boolean; readonly start: () => void }[] = [];

  /** Runs beside others that do the same. Error: aborted while it waited, and nothing was run. */
  async beside<T>(action: () => Promise<T>, signal: AbortSignal): Promise<Result<T, 'cancelled'>> {
    return await this.#run(false, action, signal);
  }

  /** Runs when nobody else does, and keeps others out until it is done. */
  async alone<T>(action: () => Promise<T>, signal: AbortSignal): Promise<Result<T, 'cancelled'>> {
    return await this.#run(true, action, signal);
  }

  async #run<T>(
    alone: boolean,
    action: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<Result<T, 'cancelled'>> {
    if (!(await this.#enter(alone, signal))) return err('cancelled');
    try {
      return ok(await action());
    } finally {
      this.#running -= 1;
      this.#alone = false;
      this.#admit();
    }
  }

  #enter(alone: boolean, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const entry = {
      alone,
      start: (): void => {
        signal.removeEventListener('abort', leave);
        resolve(true);
      },
    };
    const leave = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(entry), 1);
      resolve(false);
      this.#admit();
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#waiting.push(entry);
    this.#admit();
    return promise;
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#alone || (next.alone && this.#running > 0)) return;
      this.#waiting.shift();
      this.#running += 1;
      this.#alone = next.alone;
      next.start();
    }
  }
}
