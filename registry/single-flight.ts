/**
 * Lets callers that want the same thing at the same time share one request for it.
 * Keeps nothing afterwards: caches are the callers' own.
 */
import { untilAborted } from './until-aborted.ts';

interface Flight<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Runs `work` once for all who ask under the same key while it goes on. A caller whose signal aborts
 * gets `onAbort()` at once and leaves the others alone; the work is aborted when the last one has left.
 */
export class SingleFlight<T> {
  readonly #flights = new Map<string, Flight<T>>();

  async run(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    onAbort: () => T,
    signal: AbortSignal,
  ): Promise<T> {
    if (signal.aborted) return onAbort();
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting += 1;
    try {
      return await untilAborted(flight.promise, onAbort, signal);
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        this.#forget(key, flight);
        flight.controller.abort();
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const promise = work(controller.signal);
    const flight: Flight<T> = { promise, controller, waiting: 0 };
    this.#flights.set(key, flight);
    // A rejection reaches those who wait; after the last one has left it is nobody's.
    promise.then(
      () => this.#forget(key, flight),
      () => this.#forget(key, flight),
    );
    return flight;
  }

  #forget(key: string, flight: Flight<T>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
