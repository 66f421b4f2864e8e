/** Mutated files of every kind; tests/full does the same for 10,000 rounds. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mistreatment, mutatedFiles, writeRightFamily } from '../../rig/mistreated-family.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const rounds = 200;

test.each(mutatedFiles)('%s, mutated: a plan or a diagnostic', async (file) => {
  await using folder = await temporaryFolder();
  await writeRightFamily(folder);
  const counts = { plan: 0, told: 0 };
  await fc.assert(mistreatment(folder, file, counts), { numRuns: rounds, seed: 20_261_120 });
  // Both ends are reached: the mutations are neither too tame nor too wild.
  expect(Math.min(counts.plan, counts.told), JSON.stringify(counts)).toBeGreaterThan(rounds / 50);
});
