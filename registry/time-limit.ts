/**
 * How long one request may take: a fixed time, and beyond it what its bytes need on the slowest line that is worth
 * waiting for. So a large body has its time, and one that drips byte by byte comes to an end.
 */

/** 128 KiB a second. */
const LEAST_BYTES_PER_MS = 131;

export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #began = performance.now();
  #allowedMs: number;
  #timer: NodeJS.Timeout;

  constructor(ms: number) {
    this.#allowedMs = ms;
    this.#timer = this.#arm();
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get allowedMs(): number {
    return this.#allowedMs;
  }

  /** Adds the time that so many bytes may take. */
  moved(bytes: number): void {
    // The timer learns of it when it has run down.
    this.#allowedMs += bytes / LEAST_BYTES_PER_MS;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #arm(): NodeJS.Timeout {
    const leftMs = this.#began + this.#allowedMs - performance.now();
    return setTimeout(
      () => {
        if (performance.now() - this.#began >= this.#allowedMs) this.#controller.abort();
        else this.#timer = this.#arm();
      },
      Math.ceil(Math.max(leftMs, 1)),
    );
  }
}
