/**
 * A night on which an image passes the gate and fails the deep tier: it and what stands on it stay as they are
 * published, the rest of the family is published, brought to the nodes and written into the values. Real servers on
 * the family's base, a real registry; the cluster is the rig's, over the real protocol.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { NightSummary } from '../../src/nightly/verdicts.ts';
import { patience, valueOf } from '../rig/engine.ts';
import { FakeCluster } from '../rig/fake-cluster.ts';
import { coldFamilyMs, realBase } from '../rig/family.ts';
import { startPackageIndex, type PackageIndex } from '../rig/package-index.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { registrySnapshot } from '../rig/registry-snapshot.ts';
import { workspace, type Workspace } from '../rig/workspace.ts';

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: coldFamilyMs });

const published = ['lab', 'course', 'tutor', 'other'];
/** Those that are held to the deep tier of a user's server; of the others it asks no more than the gate does. */
const servers = new Set(['course', 'other']);
let rig: RegistryRig;
/** What `lab` installs, and what `course` does. */
let system: PackageIndex;
let lessons: PackageIndex;
let cluster: FakeCluster;
let kit: Workspace;

/** course stands on lab and tells the hub so seldom that somebody works, once it has the package `silent`; tutor stands on course. */
beforeAll(async () => {
  rig = await startRegistry();
  system = await startPackageIndex();
  lessons = await startPackageIndex();
  cluster = await FakeCluster.start(['a', 'b']);
  system.python.set('toolbox', '1');
  lessons.python.set('lesson', '1');
  const silent = '[ ! -e /usr/lib/python3/silent ] || export JUPYTERHUB_ACTIVITY_INTERVAL=3600; exec "$@"';
  kit = await workspace({
    'matrix.yaml': `registry: ${rig.host}
tags: [latest]
roots:
  upstream: { from: "${rig.host}/{p}upstream:1" }
images:
${published.map((name) => `  "{p}${name}": { context: ${name}, kind: ${servers.has(name) ? 'singleuser' : 'custom'} }\n`).join('')}  "{p}keeper": { context: keeper, kind: custom }
pools:
  students: { images: ["{p}lab", "{p}course", "{p}tutor", "{p}other"] }
`,
    'lab/Dockerfile': `FROM ${rig.host}/{p}upstream:1\nARG EPOCH\n${installed(system)}`,
    'course/Dockerfile': `FROM {p}lab\nARG EPOCH\n${installed(lessons)}ENTRYPOINT ${JSON.stringify(['tini', '--', 'sh', '-c', silent, '--'])}\n`,
    'tutor/Dockerfile': 'FROM {p}course\nENV ROLE=tutor\n',
    'other/Dockerfile': 'FROM {p}lab\nENV ROLE=other\n',
    'keeper/Dockerfile': `FROM ${rig.host}/{p}upstream:1\nENTRYPOINT []\nCMD ["true"]\n`,
    kubeconfig: cluster.kubeconfig,
    'values.yaml': `singleuser:\n  profileList:\n${published.map((name) => `    - { display_name: ${name}, kubespawner_override: { image: "${rig.host}/{p}${name}:latest" } }\n`).join('')}`,
  });
  const upstream = `${rig.host}/${kit.prefix}upstream:1`;
  valueOf(await kit.engine.images.tag(await realBase(), upstream, patience()));
  valueOf(await kit.engine.images.push(upstream, async () => undefined, AbortSignal.timeout(coldFamilyMs)));
  const first = await kit.build(['images', '--push']);
  expect(first.exitCode, first.stderr).toBe(0);
  const values = await kit.build(['values', '--file', 'values.yaml', '--write']);
  expect(values.exitCode, values.stderr).toBe(0);
});

afterAll(async () => {
  await kit[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
  await lessons[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

test('what the deep tier refuses is kept back with its branch, and the rest is published, prepulled and rolled out', async () => {
  const before = await digests();
  const values = await kit.read('values.yaml');
  system.python.set('toolbox', '2');
  lessons.python.set('silent', '1');
  const { exitCode, summary, stderr } = await night('2026-11-02');
  expect(exitCode, stderr).toBe(1);
  const ends = new Map(summary.images.map((each) => [each.name.replace(kit.prefix, ''), each]));
  expect(ends.get('course'), stderr).toMatchObject({
    state: 'held-back',
    why: expect.stringMatching(/^smoke failed: S7a /),
  });
  expect(ends.get('tutor')).toMatchObject({
    state: 'held-back',
    why: `it stands on ${kit.prefix}course, which is held back`,
  });
  expect([ends.get('lab')?.state, ends.get('other')?.state]).toEqual(['changed', 'changed']);
  expect(ends.get('keeper')?.state).toBe('same');

  const after = await digests();
  expect(published.filter((name) => before[name] !== after[name])).toEqual(['lab', 'other']);
  // The days of what was kept back stay as well.
  const lock = await kit.read('matrix.lock');
  expect(lock).toContain(`${kit.prefix}lab: 2026-11-02`);
  expect(lock).not.toContain(`${kit.prefix}course`);
  const applied = JSON.stringify(cluster.applied.at(-1));
  for (const name of published) expect(applied).toContain(`${kit.prefix}${name}@${after[name]}`);
  const moved = await kit.read('values.yaml');
  expect(moved).not.toBe(values);
  for (const name of published) expect(moved).toContain(`@${after[name]}`);
  expect(summary.notes.slice(-2)).toEqual(['the nodes have the release', 'values.yaml: up to the release']);
});

interface Ended {
  readonly exitCode: number;
  readonly stderr: string;
  readonly summary: NightSummary;
}

async function night(day: string): Promise<Ended> {
  const { [`${kit.prefix}keeper:latest`]: keeper } = await registrySnapshot(rig.host);
  const nodes = [
    '--prepull',
    '--kubeconfig',
    'kubeconfig',
    '--pause',
    `${rig.host}/${kit.prefix}keeper@${keeper}`,
  ];
  const ran = await kit.build(['nightly', '--day', day, '--json', ...nodes, '--values', 'values.yaml']);
  return { ...ran, summary: JSON.parse(ran.stdout || '{}') as NightSummary }; // our own document
}

async function digests(): Promise<Readonly<Record<string, string>>> {
  const all = await registrySnapshot(rig.host);
  return Object.fromEntries(published.map((name) => [name, all[`${kit.prefix}${name}:latest`] ?? '']));
}

/** Installs as root what the index has, with what the family's base has in the place of wget. */
function installed({ pip }: PackageIndex): string {
  const fetched = pip.replace('wget -q -O', 'curl -sSf -o');
  return `USER root\n${fetched}\nUSER 1000\n`;
}
