import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TimeLimit } from '../../../registry/time-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const KIB = 1024;

test('it ends after its time, to the millisecond', () => {
  using limit = new TimeLimit(1000);
  vi.advanceTimersByTime(999);
  expect(limit.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(limit.signal.aborted).toBe(true);
});

test('what moves buys the time of a slow line, again and again', () => {
  using limit = new TimeLimit(1000);
  for (let second = 0; second < 60; second += 1) {
    limit.moved(132 * KIB);
    vi.advanceTimersByTime(1000);
  }
  expect(limit.signal.aborted).toBe(false);
  vi.advanceTimersByTime(10_000);
  expect(limit.signal.aborted).toBe(true);
});

test('what drips buys none', () => {
  using limit = new TimeLimit(1000);
  for (let tick = 0; tick < 20; tick += 1) {
    limit.moved(1);
    vi.advanceTimersByTime(100);
  }
  expect(limit.signal.aborted).toBe(true);
});

test('when its work is done it does not end any more', () => {
  const limit = new TimeLimit(1000);
  limit[Symbol.dispose]();
  vi.advanceTimersByTime(5000);
  expect([limit.signal.aborted, vi.getTimerCount()]).toEqual([false, 0]);
});
