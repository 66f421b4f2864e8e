/** As tests/unit/matrix/properties.test.ts, for as long as one wants: with `HUBWRIGHT_ROUNDS=10000`, other files each time. */
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { mistreatment, mutatedFiles, writeRightFamily } from '../rig/mistreated-family.ts';
import { temporaryFolder } from '../rig/temporary-folder.ts';

const wanted = process.env['HUBWRIGHT_ROUNDS'];
const rounds = Number(wanted ?? 300);

vi.setConfig({ testTimeout: 3_600_000 });

test.each(mutatedFiles)('%s, mutated: a plan or a diagnostic', async (file) => {
  await using folder = await temporaryFolder();
  await writeRightFamily(folder);
  const counts = { plan: 0, told: 0 };
  await fc.assert(mistreatment(folder, file, counts), {
    numRuns: rounds,
    ...(wanted === undefined ? { seed: 20_261_121 } : {}),
  });
  expect(Math.min(counts.plan, counts.told), JSON.stringify(counts)).toBeGreaterThan(0);
});
