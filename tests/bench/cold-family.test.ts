/**
 * The reference family, all but pytorch, built anew without cache and checks, beside `docker buildx bake` of the
 * same files. It downloads and installs everything anew: minutes a round.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { familyCopy, type FamilyCopy } from '../rig/family-copy.ts';
import { median, seconds, tabled } from './benchmark-table.ts';
import { familyBake } from './family-bake.ts';
import { compareOnce } from './side-by-side.ts';

const names = ['base', 'scientific', 'course', 'hub', 'proxy', 'db', 'registry'];
const rounds = 2;

/** Images that nobody checks, under keys of their own: the real family's record is not to be touched. */
async function withoutChecks(family: FamilyCopy): Promise<void> {
  const matrix = await family.read('matrix.yaml');
  await family.write(
    'matrix.yaml',
    matrix.replaceAll(/kind: (?:singleuser|hub|proxy|database|registry)/g, 'kind: builder'),
  );
  for (const folder of await readdir(path.join(family.directory, 'images')))
    await family.append(`images/${folder}/Dockerfile`, `\nLABEL hubwright.bench="${family.version}"\n`);
}

test('the reference family without pytorch, cold', { timeout: 3_600_000 }, async () => {
  await using family = await familyCopy();
  await withoutChecks(family);
  await using bake = await familyBake(family.engine, family.directory, names, 'targets');
  const { ours, theirs, ratio } = await compareOnce(
    rounds,
    async () => {
      const run = await family.images([...names, '--force', '--no-cache']);
      expect(run.exitCode, run.stderr).toBe(0);
    },
    () => bake.run(['--no-cache']),
  );
  tabled({
    what: 'cold, the reference family without pytorch, without checks',
    measured: `${seconds(median(ours))}; bake ${seconds(median(theirs))}; ratio ${ratio.toFixed(2)} (median of ${rounds} pairs, ${bake.count} images)`,
    limit: '≤ 1.0 × bake',
    met: ratio <= 1,
  });
  expect(ratio).toBeLessThanOrEqual(1);
});
