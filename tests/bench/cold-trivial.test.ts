/** Families of trivial images, built anew without cache and checks, beside `docker buildx bake` of the same files. */
import { expect, test } from 'vitest';
import { median, seconds, tabled } from './benchmark-table.ts';
import { compare } from './side-by-side.ts';
import { trivialFamily, type Shape } from './trivial-family.ts';

const limit = 0.8;

const cases: readonly { readonly shape: Shape; readonly count: number; readonly rounds: number }[] = [
  { shape: 'fanned', count: 20, rounds: 11 },
  { shape: 'chained', count: 20, rounds: 11 },
  { shape: 'fanned', count: 100, rounds: 5 },
  { shape: 'chained', count: 100, rounds: 5 },
];

test.each(cases)('$count images, $shape, cold', { timeout: 900_000 }, async ({ shape, count, rounds }) => {
  await using family = await trivialFamily(shape, count);
  const { ours, theirs, ratio } = await compare(
    rounds,
    () => family.ours(),
    () => family.bake(),
    () => family.removeOld(),
  );
  tabled({
    what: `cold, ${count} trivial images, ${shape}, without checks`,
    measured: `${seconds(median(ours))}; bake ${seconds(median(theirs))}; ratio ${ratio.toFixed(2)} (median of ${rounds} pairs)`,
    limit: `≤ ${limit} × bake`,
    met: ratio <= limit,
  });
  expect(ratio).toBeLessThanOrEqual(limit);
});
