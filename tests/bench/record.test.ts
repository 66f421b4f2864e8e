/** How long the registry's record takes to answer for a thousand published images on a machine that has none of them. */
import { performance } from 'node:perf_hooks';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { digestOf } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import { keyTag, passTag } from '../../src/core/labels.ts';
import { verdictKey } from '../../src/key/verdict-key.ts';
import { readFamily } from '../../src/plan/draw-plan.ts';
import type { PlanDocument } from '../../src/plan/plan.ts';
import { contractOf } from '../../src/run/smoke-contract.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { startRegistry } from '../rig/registry.ts';
import { matrixOf, workspace, type Workspace } from '../rig/workspace.ts';
import { benchEngine } from './bench-engine.ts';
import { median, seconds, tabled } from './benchmark-table.ts';
import { runLauncher } from './launcher.ts';

const count = Number(process.env['BENCH_IMAGES'] ?? 1000);
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 7);
const limitMs = 1500;
const names = Array.from({ length: count }, (_, index) => `image${index}`);
const { signal } = new AbortController();
const registry = createRegistryClient({ credentials: async () => undefined });

function referenceTo(text: string): Reference {
  const reference = parseReference(text);
  if (reference.kind !== 'reference') throw new Error(reference.message);
  return reference;
}

/** Gives each image the tags that say: these bytes exist, and they passed. What is behind them, no plan asks. */
async function publish(family: Workspace, prefix: string): Promise<void> {
  const { images } = JSON.parse(await runLauncher(family, ['plan', '--format', 'json'])) as PlanDocument; // our own document
  const { set } = valueOf(await readFamily(family.directory, {}, patience()));
  const config = Buffer.from('{}');
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: { mediaType: 'application/json', digest: digestOf(config), size: config.length },
      layers: [],
    }),
  );
  const limit = pLimit(8);
  await limit.map(images, async ({ name, key }) => {
    const image = set.images.find((each) => each.name === name);
    if (image === undefined) throw new Error(`no image ${name}`);
    const [first, ...others] = [keyTag(key), passTag(verdictKey(key, contractOf(image))), 'latest'].map(
      (tag) => referenceTo(`${prefix}/${name}:${tag}`),
    );
    if (first === undefined) throw new Error('no reference');
    const stored = [await registry.uploadBlob(first, config, signal)];
    for (const reference of [first, ...others])
      stored.push(await registry.putManifest(reference, manifest, MEDIA_TYPES.ociManifest, signal));
    expect(stored.map(({ kind }) => kind)).not.toContain('failed');
  });
}

test('a plan of a thousand images against the registry’s record', { timeout: 900_000 }, async () => {
  await using rig = await startRegistry();
  const files = names.flatMap((name) => [
    [`${name}/Dockerfile`, 'FROM rig.example/{p}root:1\nCOPY . /data/\nCMD ["true"]\n'],
    [`${name}/data`, `${name}\n`],
  ]);
  const matrix = matrixOf(names, 'registry: ${DOCKER_REGISTRY:-}\n');
  await using family = await workspace(
    { ...Object.fromEntries(files), 'matrix.yaml': matrix },
    benchEngine.where,
  );
  const prefix = `${rig.host}/bench`;
  await publish(family, prefix);
  const times: number[] = [];
  // One that is not counted: what was hashed is remembered after it.
  for (let round = 0; round <= rounds; round += 1) {
    const started = performance.now();
    const plan = await runLauncher(family, ['plan', '--format', 'json'], { DOCKER_REGISTRY: prefix });
    if (round > 0) times.push(performance.now() - started);
    const actions = (JSON.parse(plan) as PlanDocument).images.map(({ action }) => action); // our own document
    expect(new Set(actions)).toEqual(new Set(['reuse']));
    expect(actions).toHaveLength(count);
  }
  const time = median(times);
  tabled({
    what: `plan of ${count.toLocaleString('en')} images against the registry’s record, warm`,
    measured: `${seconds(time)} (${seconds(Math.min(...times))} the quickest of ${rounds})`,
    limit: `≤ ${seconds(limitMs)}`,
    met: time <= limitMs,
  });
  expect(time).toBeLessThanOrEqual(limitMs);
});
