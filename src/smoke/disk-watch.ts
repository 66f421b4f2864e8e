/**
 * Ends a container that fills the engine's disk: engines bound memory and processes of a container, and most of
 * them not what it writes. It looks at one container and its volumes while a test lasts, and judges nothing.
 */
import type { ContainerEngine } from '../engine/engine.ts';
import { pause } from './pause.ts';

/** More than any server writes at its start, and less than any disk of a build machine has left. */
const limitBytes = 2 * 1024 ** 3;
const breatherMs = 250;
/** Counting files costs the engine something: at most this part of the time is spent on it, while nothing fills up. */
const leisure = 10;

/** One count of what a container occupies, and what it had grown by since the count before. */
interface Count {
  readonly bytes: number;
  readonly grownBytes: number;
  /** Since the count before began. */
  readonly elapsedMs: number;
  readonly costMs: number;
}

/**
 * How long to wait before the next count, in ms: long after a costly one, but no longer than what grows would take to
 * reach the limit. A disk that takes a gigabyte a second is full before a busy engine has counted twice at its leisure.
 */
export function breatherAfter({ bytes, grownBytes, elapsedMs, costMs }: Count): number {
  const untilFull = grownBytes > 0 ? ((limitBytes - bytes) / grownBytes) * elapsedMs : Infinity;
  return Math.max(breatherMs, Math.min(leisure * costMs, untilFull));
}

export class DiskWatch implements AsyncDisposable {
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  #excess = 0;

  /** `full` is told when the container was ended for what it wrote. */
  constructor(
    engine: ContainerEngine,
    containerId: string,
    volumes: readonly string[],
    full: (lastWords: string) => void,
  ) {
    this.#done = this.#watch(engine, containerId, volumes, full);
  }

  /** One line for the end of the container's log where it was ended for what it wrote, else empty. */
  get lastWords(): string {
    if (this.#excess === 0) return '';
    return `\nhubwright: it filled the disk with ${(this.#excess / 1e9).toFixed(1)} GB and was ended\n`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  /** Trouble of the engine's ends the watch in silence: whoever waits for the container meets it as well. */
  async #watch(
    engine: ContainerEngine,
    id: string,
    volumes: readonly string[],
    full: (lastWords: string) => void,
  ): Promise<void> {
    const { signal } = this.#end;
    let breather = breatherMs;
    let last = { bytes: 0, began: performance.now() };
    while (await pause(breather, signal)) {
      const began = performance.now();
      const occupied = await engine.occupiedBytes(id, volumes, signal);
      if (!occupied.ok) return;
      if (occupied.value > limitBytes) {
        this.#excess = occupied.value;
        full(this.lastWords);
        await engine.stopContainer(id, 0, signal);
        return;
      }
      const bytes = occupied.value;
      breather = breatherAfter({
        bytes,
        grownBytes: bytes - last.bytes,
        elapsedMs: began - last.began,
        costMs: performance.now() - began,
      });
      last = { bytes, began };
    }
  }
}
