/** What the deep tier refused is not published by a run that asks the gate alone, whatever was asked since. */
import { expect, test, vi } from 'vitest';
import { passTag, recordReference } from '../../src/core/labels.ts';
import type { KeptVerdict } from '../../src/run/schema-verdict.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { startRegistry } from '../rig/registry.ts';
import { registrySnapshot } from '../rig/registry-snapshot.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 180_000 });

const verdict = '.hubwright/verdicts/{p}a.json';

test('an image that the deep tier refused is held back by day, until it passes there', async () => {
  await using registry = await startRegistry();
  await using family = await workspace({
    'matrix.yaml': matrixOf(['a', 'b', 'c'], `registry: ${registry.host}\ntags: [latest]\n`),
    'a/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["true"]\n',
    'b/Dockerfile': 'FROM {p}a\nENV B=1\n',
    'c/Dockerfile': 'FROM rig.example/{p}root:1\nENV C=1\nCMD ["true"]\n',
  });
  await refuseDeep(family);
  const run = async (...args: readonly string[]) => await family.build(['images', ...args]);
  const published = async (): Promise<readonly string[]> =>
    Object.keys(await registrySnapshot(registry.host))
      .filter((name) => name.endsWith(':latest'))
      .map((name) => name.slice(family.prefix.length, -':latest'.length));

  const today = new Date().toISOString().slice(0, 10);
  const why = `the deep tier refused it on ${today} (X1 lasts a night), and this run asks the gate alone: \`--deep\` asks again`;
  // For oneself it is built and tested; the gate's pass does not take the refusal back.
  expect((await run('--force')).exitCode).toBe(0);
  for (const args of [['--push'], ['--changed', '--push'], ['--force', '--push']]) {
    const held = await run(...args);
    expect(held.exitCode, held.stderr).toBe(1);
    expect(held.stderr).toContain(why);
    expect(await published()).toEqual(['c']);
  }

  const asked = await run('--deep', '--push');
  expect(asked.exitCode, asked.stderr).toBe(0);
  expect(await published()).toEqual(['a', 'b', 'c']);
});

test('a refusal of other content, or of what was asked otherwise, holds nothing back', async () => {
  await using registry = await startRegistry();
  const matrix = matrixOf(['a'], `registry: ${registry.host}\ntags: [latest]\n`);
  await using family = await workspace({
    'matrix.yaml': matrix,
    'a/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["true"]\n',
  });
  await refuseDeep(family);
  await family.write('matrix.yaml', matrix.replace('kind: custom', 'kind: custom, check: "true"'));
  const asked = await family.build(['images', '--push']);
  expect(asked.exitCode, asked.stderr).toBe(0);
  await family.write('matrix.yaml', matrix);
  await refuseDeep(family);
  await family.write('a/Dockerfile', 'FROM rig.example/{p}root:1\nENV A=1\nCMD ["true"]\n');
  const other = await family.build(['images', '--push']);
  expect(other.exitCode, other.stderr).toBe(0);
});

/** The deep tier's verdict on `a` as it is kept, turned into a refusal: no trivial image fails there and passes the gate. */
async function refuseDeep(family: Workspace): Promise<void> {
  const tested = await family.build(['images', '{p}a', '--deep']);
  expect(tested.exitCode, tested.stderr).toBe(0);
  const kept = JSON.parse(await family.read(verdict)) as KeptVerdict; // our own file
  expect(kept.verdict.tier).toBe('deep');
  const clause = {
    id: 'X1',
    title: 'lasts a night',
    severity: 'must',
    tier: 'deep',
    result: 'fail',
    durationMs: 1,
    evidence: [],
  } as const;
  await family.write(
    verdict,
    JSON.stringify({ ...kept, verdict: { ...kept.verdict, passed: false, clauses: [clause] } }),
  );
  const pass = recordReference(`${family.prefix}a`, passTag(kept.verdictKey));
  valueOf(await family.engine.images.remove(pass, patience()));
}
