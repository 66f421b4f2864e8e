/**
 * What judging costs: each image of the reference family beside its bare start, which is the same command asked for
 * no more than the clause that says "it is up"; and the whole family at once beside one image after another.
 */
import { performance } from 'node:perf_hooks';
import { beforeAll, expect, test } from 'vitest';
import type { ImageKind } from '../../src/matrix/image-set.ts';
import { coldFamilyMs, familyEnvironment, planOf, realImages, repository } from '../rig/family.ts';
import { median, seconds, tabled } from './benchmark-table.ts';
import { runLauncher } from './launcher.ts';

/** Two courses, one of each base; the others differ from them by a few packages. */
const images: readonly { readonly name: string; readonly kind: ImageKind }[] = [
  { name: 'base', kind: 'singleuser' },
  { name: 'scientific', kind: 'singleuser' },
  { name: 'course-physics-student', kind: 'singleuser' },
  { name: 'course-first-steps-instructor', kind: 'singleuser' },
  { name: 'local', kind: 'local' },
  { name: 'hub', kind: 'hub' },
  { name: 'proxy', kind: 'proxy' },
  { name: 'db', kind: 'database' },
  { name: 'nfs', kind: 'nfs' },
  { name: 'registry', kind: 'registry' },
];

/** The first clause of each profile that only a server which answers can pass. */
const isUp: Readonly<Partial<Record<ImageKind, string>>> = {
  singleuser: 'S6',
  local: 'L2',
  hub: 'H2',
  proxy: 'P2',
  database: 'D1',
  nfs: 'N1',
  registry: 'R2',
};

const rounds = 3;
/** The gate tier's promise: twice the bare start, and 15 s. */
const allowance = (bareMs: number): number => 2 * bareMs + 15_000;

const smoke = async (...args: readonly string[]): Promise<number> => {
  const started = performance.now();
  await runLauncher(
    { directory: repository },
    ['smoke', ...args, '--json'],
    definedOnly(familyEnvironment()),
  );
  return performance.now() - started;
};

beforeAll(() => realImages(images.map(({ name }) => name)), coldFamilyMs);

test.each(images)('judging $name', { timeout: 600_000 }, async ({ name, kind }) => {
  const clause = isUp[kind];
  if (clause === undefined) throw new Error(`no clause says of ${kind} that it is up`);
  const bare: number[] = [];
  const gate: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await smoke(name, '--clause', clause));
    gate.push(await smoke(name));
  }
  const limit = allowance(median(bare));
  tabled({
    what: `\`smoke ${name}\`, gate tier`,
    measured: `${seconds(median(gate))}; bare start ${seconds(median(bare))}`,
    limit: '≤ 2 × the bare start + 15 s',
    met: median(gate) <= limit,
  });
  expect(median(gate)).toBeLessThanOrEqual(limit);
});

test('the whole family together, and one after another', { timeout: 1_800_000 }, async () => {
  const { images: planned } = await planOf(repository, ['default'], familyEnvironment());
  const names = planned.map(({ name }) => name).filter((name) => !['installer', 'course-kit'].includes(name));
  await realImages(names);
  const together = await smoke(...names);
  let alone = 0;
  for (const name of names) alone += await smoke(name);
  const ratio = together / alone;
  tabled({
    what: `smoke of the whole family together (${names.length} images), gate tier`,
    measured: `${seconds(together)}; one after another ${seconds(alone)}; ratio ${ratio.toFixed(2)} (one round)`,
    limit: '< 1.0 × one after another',
    met: ratio < 1,
  });
  expect(ratio).toBeLessThan(1);
});

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
