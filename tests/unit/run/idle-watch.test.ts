import { expect, test } from 'vitest';
import type { Clock } from '../../../src/run/clock.ts';
import { IdleWatch } from '../../../src/run/idle-watch.ts';

/** A clock that the test moves. */
class HandClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly until: number; readonly end: (whole: boolean) => void }>();

  get sleepers(): number {
    return this.#sleepers.size;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const sleeper = {
      until: this.#now + ms,
      end: (whole: boolean): void => {
        this.#sleepers.delete(sleeper);
        resolve(whole);
      },
    };
    this.#sleepers.add(sleeper);
    signal.addEventListener('abort', () => sleeper.end(false));
    return promise;
  }

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const { until, end } of this.#sleepers) if (until <= this.#now) end(true);
    // Whoever was woken has set its next alarm after this.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('silence for the whole limit aborts; anything heard begins it anew', async () => {
  const clock = new HandClock();
  using watch = new IdleWatch(clock, 100);
  await clock.advance(99);
  watch.touch();
  await clock.advance(99);
  expect(watch.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(watch.signal.aborted).toBe(true);
});

test('what is over is watched no more, and holds no timer', async () => {
  const clock = new HandClock();
  const watch = new IdleWatch(clock, 100);
  watch[Symbol.dispose]();
  expect(clock.sleepers).toBe(0);
  await clock.advance(1000);
  expect(watch.signal.aborted).toBe(false);
});
