/**
 * docs/big-day.md, typed line by line: the family published to a registry, its values written, its images brought to
 * the 25 nodes that the guide names, beneath a real control plane. Users' servers are a list of theirs; two commands
 * are at home elsewhere, because they need what the other tests have up already.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { BusyHub } from '../rig/busy-hub.ts';
import { build } from '../rig/command.ts';
import { familyCopy, type FamilyCopy } from '../rig/family-copy.ts';
import { coldFamilyMs, realImages } from '../rig/family.ts';
import { commandsIn, matrixPartIn } from '../rig/guides.ts';
import { KubernetesRig, kubernetesFolder } from '../rig/kubernetes/control-plane.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { removeTagsOf } from '../rig/registry-tags.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: coldFamilyMs + 400_000 });

/** Tried by other tests: `family.test.ts` plays the day, `hub-on-cluster.test.ts` has a hub that starts pods. */
const elsewhere = new Set(['smoke']);

const nodes = Array.from({ length: 25 }, (_, index) => `node-${index}`);
const namespace = 'jupyterhub';
const all = new AsyncDisposableStack();

let rig: KubernetesRig;
let copy: FamilyCopy;
let registry: RegistryRig;
let hub: BusyHub;

beforeAll(async () => {
  kubernetesFolder();
  await realImages(['default']);
  registry = all.use(await startRegistry());
  copy = all.use(await familyCopy());
  all.defer(() => removeTagsOf(registry.host));
  rig = all.use(await KubernetesRig.start(nodes));
  const longAgo = '2026-01-01T09:00:00Z';
  hub = all.use(await BusyHub.start([{ user: 'ada', started: longAgo, lastActivity: longAgo }]));
  await copy.append('matrix.yaml', `\n${matrixPartIn('big-day.md', 'pools')}`);
  await copy.write('values.yaml', `singleuser:\n  image:\n    name: ${registry.host}/base\n    tag: "1"\n`);
  await copy.write('token', hub.token);
  await rig.ask('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  for (const name of nodes) {
    const labels = { 'hub.jupyter.org/node-purpose': 'user' };
    const taints = [{ key: 'hub.jupyter.org/dedicated', value: 'user', effect: 'NoSchedule' }];
    const patch = { metadata: { labels }, spec: { taints } };
    await rig.ask('PATCH', `/api/v1/nodes/${name}`, patch, 'application/merge-patch+json');
  }
});

afterAll(() => all[Symbol.asyncDispose]());

test('every command of the guide does what it is there for', async () => {
  const home = path.join(copy.directory, 'home');
  await mkdir(home);
  const said = new Map<string, string>();
  for (const words of commandsIn('big-day.md')) {
    if (elsewhere.has(words[0] ?? '')) continue;
    const args = words.map((word) => (word === 'https://hub.example.org' ? hub.url : word));
    const { exitCode, stdout, stderr } = await build(copy.directory, args, {
      KUBECONFIG: rig.kubeconfig,
      DOCKER_REGISTRY: registry.host,
      IMG_VERSION: copy.version,
      HOME: home,
    });
    expect(exitCode, `build ${words.join(' ')}\n${stdout}\n${stderr}`).toBe(0);
    said.set(words.join(' '), `${stdout}${stderr}`);
  }
  const told = (start: string): string =>
    [...said].find(([command]) => command.startsWith(start))?.[1] ?? `${start} was not run`;

  expect(told('images --changed --push')).toContain('All good');
  expect(told('values --file values.yaml --check')).toContain('all as released');
  expect(told('values --profiles')).toContain('profileLists:');
  expect(told('prepull run')).toMatch(/✓ students {2}25 of 25 nodes have \d+ images/);
  expect(told('prepull status')).toContain('25 of 25 nodes');
  expect(hub.running).toEqual([]);
  const sets = await rig.names(`/apis/apps/v1/namespaces/${namespace}/daemonsets`);
  expect(sets).toEqual(['prepull-students']);
});
