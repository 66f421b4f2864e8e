import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ticksIn, Turns } from '../rig/turns.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Tasks that end when they are told, and how many of them have begun. */
function tasks(turns: Turns, count: number): { begun: number; end(): void } {
  const ends: (() => void)[] = [];
  const state = { begun: 0, end: (): void => ends.shift()?.() };
  for (let index = 0; index < count; index += 1)
    void turns.run(() => {
      state.begun += 1;
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  return state;
}

it('lets in as many as always may, and the next where one ends', async () => {
  const all = tasks(new Turns({ atLeast: 2, atMost: 4, spare: () => 0 }), 5);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(all.begun).toBe(2);
  all.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(all.begun).toBe(3);
});

it('lets in one more at each look that finds a processor idle, up to the most', async () => {
  const all = tasks(new Turns({ atLeast: 2, atMost: 4, spare: () => 0.5 }), 9);
  await vi.advanceTimersByTimeAsync(0);
  expect(all.begun).toBe(2);
  await vi.advanceTimersByTimeAsync(1000);
  expect(all.begun).toBe(3);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(all.begun).toBe(4);
});

it('looks no more once nobody waits', async () => {
  const spare = vi.fn(() => 0);
  const all = tasks(new Turns({ atLeast: 1, atMost: 2, spare }), 2);
  await vi.advanceTimersByTimeAsync(1000);
  all.end();
  await vi.advanceTimersByTimeAsync(5000);
  expect(spare).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('reads what was idle of /proc/stat; a wait for a disk is not', () => {
  expect(ticksIn('cpu  10 1 4 80 3 0 2 0 7 0\ncpu0 10 1 4 80 3 0 2 0 7 0\n')).toEqual({ idle: 80, all: 100 });
});
