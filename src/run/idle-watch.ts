/** Notices that something has gone silent: aborts its signal when nothing was heard for a time. Ends nothing itself. */
import type { Clock } from './clock.ts';

export class IdleWatch implements Disposable {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #silent = new AbortController();
  readonly #over = new AbortController();
  #heard: number;

  /** Begins to watch; `limitMs` of silence are too many. */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#heard = clock.now();
    void this.#watch();
  }

  /** Aborted once it was silent for too long. */
  get signal(): AbortSignal {
    return this.#silent.signal;
  }

  /** Something was heard. Costs next to nothing: the one timer looks at it when it rings. */
  touch(): void {
    this.#heard = this.#clock.now();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #watch(): Promise<void> {
    for (;;) {
      const left = this.#heard + this.#limitMs - this.#clock.now();
      if (left <= 0) return this.#silent.abort();
      if (!(await this.#clock.sleep(left, this.#over.signal))) return;
    }
  }
}
