/**
 * Ends a container that fills the engine's disk: engines bound memory and processes of a container, and most of
 * them not what it writes. It looks at one container and its volumes while a test lasts, and judges nothing.
 */
import type { ContainerEngine } from '../engine/engine.ts';
import { pause } from './pause.ts';

/** More than any server writes at its start, and less than any disk of a build machine has left. */
const limitBytes = 2 * 1024 ** 3;
const breatherMs = 1000;
/** Counting files costs the engine something: at most this part of the time is spent on it. */
const leisure = 10;

export class DiskWatch implements AsyncDisposable {
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  #excess = 0;

  constructor(engine: ContainerEngine, containerId: string, volumes: readonly string[]) {
    this.#done = this.#watch(engine, containerId, volumes);
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
  async #watch(engine: ContainerEngine, id: string, volumes: readonly string[]): Promise<void> {
    const { signal } = this.#end;
    let breather = breatherMs;
    while (await pause(breather, signal)) {
      const started = performance.now();
      const occupied = await engine.occupiedBytes(id, volumes, signal);
      if (!occupied.ok) return;
      if (occupied.value > limitBytes) {
        this.#excess = occupied.value;
        await engine.stopContainer(id, 0, signal);
        return;
      }
      breather = Math.max(breatherMs, leisure * (performance.now() - started));
    }
  }
}
