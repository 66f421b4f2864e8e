/**
 * What a night ships: first to the nodes, then into the values, and neither before it is published. A real engine and
 * registry; the cluster is the rig's, over the real protocol. Freezes and dry runs leave all of them as they are.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { NightSummary } from '../../src/nightly/verdicts.ts';
import { startCuttingProxy, type CuttingProxy } from '../rig/cutting-proxy.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { FakeCluster } from '../rig/fake-cluster.ts';
import { startPackageIndex, type PackageIndex } from '../rig/package-index.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { registrySnapshot } from '../rig/registry-snapshot.ts';
import { workspace, type CommandResult, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let rig: RegistryRig;
let proxy: CuttingProxy;
let index: PackageIndex;
let cluster: FakeCluster;
let kit: Workspace;
/** What keeps the pullers running. */
let keeper: string;

beforeAll(async () => {
  rig = await startRegistry();
  proxy = await startCuttingProxy(rig.host);
  index = await startPackageIndex();
  cluster = await FakeCluster.start(['a', 'b']);
  index.debian.set('curl', '1');
  kit = await workspace({
    'matrix.yaml': `registry: ${proxy.host}
tags: [latest]
freeze: [2026-11-20/2026-11-22]
roots:
  "{p}root": { from: "rig.example/{p}root:1", bootstrap: { debian: trixie } }
images:
  "{p}base": { context: base, kind: custom }
  "{p}keeper": { context: keeper, kind: custom }
pools:
  students: { images: ["{p}base"] }
`,
    'base/Dockerfile': `FROM rig.example/{p}root:1\nARG EPOCH\n${index.apt}\nCMD ["true"]\n`,
    'keeper/Dockerfile': 'FROM rig.example/{p}root:1\nCMD ["true"]\n',
    kubeconfig: cluster.kubeconfig,
    'values.yaml': `hub:\n  image: { name: ${proxy.host}/{p}base, tag: latest } # by hand\n`,
  });
  const first = await kit.build(['images', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);
  const { [`${kit.prefix}keeper:latest`]: digest } = await registrySnapshot(rig.host);
  keeper = `${proxy.host}/${kit.prefix}keeper@${digest}`;
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
  await index[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('a freeze, and a dry run, change nothing in registry, lock, engine, cluster or values', async () => {
  index.debian.set('curl', '2');
  const before = await everything();
  const frozen = await night('2026-11-21', '1m', '--summary', 'night.md');
  expect(frozen.exitCode, frozen.stderr).toBe(0);
  expect(summaryOf(frozen)).toMatchObject({ frozenUntil: '2026-11-22', images: [], notes: [] });
  expect(await kit.read('night.md')).toContain('Frozen until 2026-11-22');
  const dry = await night('2026-11-23', '1m', '--dry-run', '--summary', 'night.md');
  expect(dry.exitCode, dry.stderr).toBe(0);
  expect(summaryOf(dry)).toMatchObject({ dryRun: true, images: [{ state: 'would-try' }, { state: 'same' }] });
  expect(await kit.read('night.md')).toContain('### Would be tried');
  expect(await everything()).toEqual(before);
});

test('a mistake in what it ships by ends it with 2, before anything is built', async () => {
  await kit.write('tabs.yaml', 'hub:\n\timage: x\n');
  const before = await everything();
  const { apt } = index.installs;
  const mistakes: readonly (readonly [readonly string[], string])[] = [
    [['--pool', 'studnets'], 'there is no pool `studnets`'],
    [['--pause', 'rig.example/pause:1'], '`rig.example/pause:1` names no digest'],
    [['--kubeconfig', 'absent'], 'there is no kubeconfig'],
    [['--context', 'production'], 'there is no context `production`'],
    [['--values', 'tabs.yaml'], 'not by tabs'],
    [['--values', 'absent.yaml'], '`absent.yaml` does not exist'],
  ];
  for (const [more, told] of mistakes) {
    const ended = await night('2026-11-23', '1m', ...more, '--summary', 'night.md');
    expect(ended, told).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(told) });
    expect(await kit.read('night.md'), told).toContain('the night ended before its time');
  }
  const plain = ['nightly', '--day', '2026-11-23'];
  const unpaused = await kit.build([...plain, '--prepull', '--kubeconfig', 'kubeconfig']);
  expect(unpaused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no image `pause`') });
  const idle = await kit.build([...plain, '--pool', 'students']);
  expect(idle).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('goes with `--prepull`') });
  expect(await everything()).toEqual(before);
  expect(index.installs.apt).toBe(apt);
});

test('what could not be published is not shipped, and the summary says so', async () => {
  const { cluster: asked, values } = await everything();
  proxy.refuse(new RegExp(`^P.*${kit.prefix}base/`), Infinity, 403, 'DENIED');
  const ended = await night('2026-11-23', '1m');
  proxy.heal();
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(summaryOf(ended).notes).toEqual(['not everything was published: nodes and values stay as they are']);
  expect(await everything()).toMatchObject({ cluster: asked, values });
});

test('nodes that miss the deadline: the values stay, and the summary says which nodes lack what', async () => {
  const { values } = await everything();
  cluster.setPull('b', { reason: 'ErrImagePull', message: 'unexpected status: 429 Too Many Requests' });
  const late = await night('2026-11-24', '3s', '--summary', 'night.md');
  expect(late.exitCode, late.stderr).toBe(1);
  const { images, notes } = summaryOf(late);
  expect(images).toMatchObject([{ state: 'changed' }, { state: 'same' }]);
  expect(notes).toEqual([
    expect.stringMatching(/^pool students: 1 of 2 nodes has 1 image.*; b: .*too many requests \(429\)$/),
    'not every pool has the release: the values stay as they are',
  ]);
  expect(await kit.read('night.md')).toContain(
    '- not every pool has the release: the values stay as they are',
  );
  expect(await kit.read('values.yaml')).toBe(values);
});

test('the next night makes it good though nothing moved: the values move once the nodes have the image', async () => {
  cluster.setPull('b', 'pulling');
  const { values } = await everything();
  const seen: { readonly pods: number; readonly values: string }[] = [];
  const running = kit.start(args('2026-11-25', '1m'));
  await vi.waitFor(() => expect(cluster.watches).toBeGreaterThan(0), { timeout: 60_000 });
  seen.push({ pods: cluster.names('pods').length, values: await kit.read('values.yaml') });
  cluster.setPull('b', 'ready');
  const { exitCode, stdout, stderr } = await running;
  expect(exitCode, stderr).toBe(0);
  expect(seen).toEqual([{ pods: 2, values }]);
  const { images, notes } = JSON.parse(stdout) as NightSummary; // our own document
  expect(images).toMatchObject([{ state: 'same', thrownAway: true }, { state: 'same' }]);
  expect(notes).toEqual([
    expect.stringMatching(/^pool students: 2 of 2 nodes have 1 image/),
    'the nodes have the release',
    'values.yaml: up to the release',
  ]);
  const { [`${kit.prefix}base:latest`]: digest } = await registrySnapshot(rig.host);
  expect(await kit.read('values.yaml')).toContain(`@${digest}`);
  expect(JSON.stringify(cluster.applied.at(-1))).toContain(`${kit.prefix}base@${digest}`);
});

function args(day: string, deadline: string, ...more: readonly string[]): readonly string[] {
  const nodes = ['--prepull', '--kubeconfig', 'kubeconfig', '--pause', keeper, '--deadline', deadline];
  return ['nightly', '--day', day, '--json', ...nodes, '--values', 'values.yaml', ...more];
}

async function night(day: string, deadline: string, ...more: readonly string[]): Promise<CommandResult> {
  return await kit.build(args(day, deadline, ...more));
}

function summaryOf({ stdout }: CommandResult): NightSummary {
  return JSON.parse(stdout) as NightSummary; // our own document
}

/** All that a night may change. */
async function everything() {
  const stored = valueOf(await kit.engine.images.list({}, patience()));
  return {
    registry: await registrySnapshot(rig.host),
    lock: await kit.read('matrix.lock').catch(() => 'none'),
    engine: stored.flatMap(({ tags }) => tags.filter((tag) => tag.includes(kit.prefix))).toSorted(),
    cluster: cluster.requests.length,
    values: await kit.read('values.yaml'),
  };
}
