/**
 * The whole reference family scanned by `build scan`, beside Trivy as one would call it: one image after another, each
 * from the engine, with Trivy's own cache of layers. Both begin with nothing but the database.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { familyEnvironment, planOf, realImages, repository } from '../rig/family.ts';
import { realTrivy, writeDatabase } from '../rig/trivy-database.ts';
import { seconds, tabled } from './benchmark-table.ts';
import { runLauncher } from './launcher.ts';
import { compareOnce } from './side-by-side.ts';

/** One takes some minutes. */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 1);
const limit = 0.7;

test('scanning the family, beside Trivy one image after another', { timeout: 3_600_000 }, async () => {
  const program = await realTrivy();
  const { images } = await planOf(repository, ['default'], familyEnvironment());
  const names = images.filter(({ kind }) => kind !== 'builder').map(({ name }) => name);
  await realImages(names);
  const cache = await mkdtemp(path.join(tmpdir(), 'hubwright-bench-scan-'));
  try {
    await writeDatabase(cache, []);
    // Read once before, so that of one round nobody is the first to read them from the disk.
    await execa('docker', ['save', ...names.map((name) => `${name}:latest`)], { stdout: 'ignore' });
    const forget = (): Promise<void> => rm(path.join(cache, 'fanal'), { recursive: true, force: true });
    const env = { HUBWRIGHT_TRIVY: program, HUBWRIGHT_TRIVY_CACHE: cache, PATH: process.env['PATH'] ?? '' };
    const { ours, theirs, ratio } = await compareOnce(
      rounds,
      async () => {
        await forget();
        await runLauncher({ directory: repository }, ['scan', ...names], env);
      },
      async () => {
        await forget();
        for (const name of names) await trivy(program, cache, `${name}:latest`);
      },
    );
    tabled({
      what: `scanning the family (${names.length} images)`,
      measured: `${shown(ours)}; Trivy one after another ${shown(theirs)}; ratio ${ratio.toFixed(2)} (${rounds === 1 ? 'one round' : `median of ${rounds} rounds`})`,
      limit: `≤ ${limit} × Trivy one after another`,
      met: ratio <= limit,
    });
    expect(ratio).toBeLessThanOrEqual(limit);
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
});

function shown(times: readonly number[]): string {
  return times.map(seconds).join(', ');
}

async function trivy(program: string, cache: string, reference: string): Promise<void> {
  const offline = ['--skip-db-update', '--skip-java-db-update', '--offline-scan', '--skip-version-check'];
  const what = ['--scanners', 'vuln,secret', '--list-all-pkgs', '--format', 'json', '--image-src', 'docker'];
  const output = ['--output', path.join(cache, 'report.json')];
  await execa(program, [
    'image',
    '--cache-dir',
    cache,
    '--quiet',
    ...offline,
    ...what,
    ...output,
    '--',
    reference,
  ]);
}
