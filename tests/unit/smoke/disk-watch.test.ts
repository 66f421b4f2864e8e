/** When a container's files are counted again: rarely where counting is dear, at once where a disk fills up. */
import { expect, test } from 'vitest';
import { breatherAfter, wantsCount } from '../../../src/smoke/disk-watch.ts';

const gigabyte = 1e9;

test.each([
  { is: 'a server that writes little', grownBytes: 1e6, bytes: 50e6, costMs: 40, breather: 400 },
  { is: 'the same on a busy engine', grownBytes: 1e6, bytes: 50e6, costMs: 3000, breather: 30_000 },
  { is: 'nothing written', grownBytes: 0, bytes: 0, costMs: 3000, breather: 30_000 },
  { is: 'files removed', grownBytes: -gigabyte, bytes: 0, costMs: 3000, breather: 30_000 },
  { is: 'a disk that fills', grownBytes: gigabyte / 2, bytes: gigabyte, costMs: 3000, breather: 2295 },
  {
    is: 'one that is as good as full',
    grownBytes: 2 * gigabyte,
    bytes: 2 * gigabyte,
    costMs: 3000,
    breather: 250,
  },
])('$is', ({ breather, ...count }) => {
  expect(breatherAfter({ elapsedMs: 1000, ...count })).toBeCloseTo(breather, -1);
});

test.each([
  { is: 'as much is free as before', free: 50e9, afterMs: 300, counts: false },
  { is: 'the same, for long', free: 50e9, afterMs: 6000, counts: true },
  { is: 'somebody writes a little', free: 49.95e9, afterMs: 300, counts: false },
  { is: 'somebody writes much', free: 49.8e9, afterMs: 300, counts: true },
  { is: 'the same right after a costly count', free: 49.8e9, afterMs: 100, counts: false },
  { is: 'the disk may be full by now', free: 47e9, afterMs: 100, counts: true },
  { is: 'the kernel cannot tell', free: undefined, afterMs: 300, counts: true },
  { is: 'it has ended', free: 'ended' as const, afterMs: 300, counts: true },
])('$is: counted again: $counts', ({ free, afterMs, counts }) => {
  const last = { free: 50e9, bytes: 1e6, atMs: 1000, breatherMs: 250 };
  expect(wantsCount(free, 1000 + afterMs, last)).toBe(counts);
  expect(wantsCount(free, 1000 + afterMs, undefined)).toBe(true);
  expect(wantsCount(free, 1000 + afterMs, { ...last, free: undefined })).toBe(true);
});
