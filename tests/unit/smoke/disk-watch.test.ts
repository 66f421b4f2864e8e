/** When a container's files are counted again: rarely where counting is dear, at once where a disk fills up. */
import { expect, test } from 'vitest';
import { breatherAfter } from '../../../src/smoke/disk-watch.ts';

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
