/**
 * Ends a container that fills the engine's disk: engines bound memory and processes of a container, and most of
 * them not what it writes. It looks at one container and its volumes while a test lasts, and judges nothing.
 */
import type { Mount } from '../engine/container.ts';
import type { ContainerEngine } from '../engine/engine.ts';
import { freeSpaceOf } from './free-space.ts';
import type { FreeSpace } from './free-space.ts';
import { pause } from './pause.ts';

/** More than any server writes at its start, and less than any disk of a build machine has left. */
const limitBytes = 2 * 1024 ** 3;
const breatherMs = 250;
/** Counting files costs the engine something: at most this part of the time is spent on it, while nothing fills up. */
const leisure = 10;
/** Where the file systems tell how much is free, counting waits until so much less is; and no longer than so. */
const hintBytes = 128 * 1024 ** 2;
const unaskedMs = 5000;

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

/** The last count, how long it is good for, and what was free then. */
interface Counted {
  readonly free: FreeSpace;
  readonly bytes: number;
  readonly atMs: number;
  readonly breatherMs: number;
}

/** Whether files have to be counted again: not where as much is free as before, and that was not long ago. */
export function wantsCount(free: FreeSpace, nowMs: number, last: Counted | undefined): boolean {
  if (typeof free !== 'number' || typeof last?.free !== 'number') return true;
  const taken = last.free - free;
  // Whoever took it: it may have been this container.
  if (last.bytes + taken > limitBytes) return true;
  const restedMs = nowMs - last.atMs;
  return restedMs >= last.breatherMs && (taken >= hintBytes || restedMs >= unaskedMs);
}

export class DiskWatch implements AsyncDisposable {
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  #excess = 0;

  /** `full` is told when the container was ended for what it wrote. */
  constructor(
    engine: ContainerEngine,
    containerId: string,
    mounts: readonly Mount[],
    full: (lastWords: string) => void,
  ) {
    this.#done = this.#watch(engine, containerId, mounts, full);
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
    mounts: readonly Mount[],
    full: (lastWords: string) => void,
  ): Promise<void> {
    const { signal } = this.#end;
    const volumes = mounts.map(({ volume }) => volume);
    const freeNow = freeSpaceOf(
      engine,
      id,
      mounts.map(({ target }) => target),
    );
    const begun = performance.now();
    let last: Counted | undefined;
    // A look costs nothing where the kernel tells what is free; else each is a count.
    while (
      await pause(typeof last?.free === 'number' ? breatherMs : (last?.breatherMs ?? breatherMs), signal)
    ) {
      const began = performance.now();
      const free = await freeNow(signal);
      if (!wantsCount(free, began, last)) continue;
      const occupied = await engine.occupiedBytes(id, volumes, signal);
      if (!occupied.ok) return;
      const bytes = occupied.value;
      if (bytes > limitBytes) {
        this.#excess = bytes;
        full(this.lastWords);
        await engine.stopContainer(id, 0, signal);
        return;
      }
      // What has ended writes nothing any more.
      if (free === 'ended') return;
      const grownBytes = bytes - (last?.bytes ?? 0);
      const elapsedMs = began - (last?.atMs ?? begun);
      const costMs = performance.now() - began;
      last = {
        free,
        bytes,
        atMs: began,
        breatherMs: breatherAfter({ bytes, grownBytes, elapsedMs, costMs }),
      };
    }
  }
}
