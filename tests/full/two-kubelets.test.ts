/**
 * A night's prepull over two real kubelets, each with containerd and a store of its own: the pool's stagger lets one
 * node pull, and the other waits until that one has everything. The tests go on from one another.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { build, type Answer } from '../rig/command.ts';
import { familyCopy, type FamilyCopy } from '../rig/family-copy.ts';
import { coldFamilyMs, realImages } from '../rig/family.ts';
import { KubernetesRig, kubernetesFolder } from '../rig/kubernetes/control-plane.ts';
import { startRealNode } from '../rig/kubernetes/kubelet.ts';
import { startRegistry, type RegistryRig } from '../rig/registry.ts';
import { removeTagsOf } from '../rig/registry-tags.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: coldFamilyMs + 600_000 });

const published = ['nfs', 'pause'] as const;
const purpose = { 'hub.jupyter.org/node-purpose': 'user' };
const pools = `
pools:
  students: { images: [nfs], selector: ${JSON.stringify(purpose)}, stagger: 1 }
`;
const all = new AsyncDisposableStack();

let registry: RegistryRig;
let copy: FamilyCopy;
let rig: KubernetesRig;

beforeAll(async () => {
  // First: who has no cluster shall not wait for images.
  kubernetesFolder();
  await realImages(published);
  registry = all.use(await startRegistry());
  copy = all.use(await familyCopy());
  all.defer(() => removeTagsOf(registry.host));
  await copy.append('matrix.yaml', pools);
  await publish();
  rig = all.use(await KubernetesRig.start([]));
  const setup = {
    sandboxImage: (await copy.released('pause')).reference,
    registry: registry.host,
    labels: purpose,
  };
  for (const number of [0, 1]) all.use(await startRealNode(rig, setup, number));
});

afterAll(() => all[Symbol.asyncDispose]());

async function publish(): Promise<void> {
  const run = await copy.images([...published, '--changed', '--push'], { DOCKER_REGISTRY: registry.host });
  expect(run.exitCode, run.stderr).toBe(0);
}

function prepull(...args: readonly string[]): Promise<Answer> {
  const where = ['--kubeconfig', rig.kubeconfig];
  return build(copy.directory, ['prepull', ...args, ...where], { DOCKER_REGISTRY: registry.host });
}

interface Pod {
  readonly metadata: { readonly creationTimestamp: string };
  readonly spec: {
    readonly nodeName: string;
    readonly initContainers: readonly { readonly image: string }[];
  };
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly lastTransitionTime: string }[];
  };
}

/** The pods that bring the images, the oldest first. */
async function daemons(): Promise<readonly Pod[]> {
  const { items } = (await rig.ask('GET', '/api/v1/namespaces/default/pods')) as { items: Pod[] }; // as the API says
  return items.toSorted((one, other) => Date.parse(createdAt(one)) - Date.parse(createdAt(other)));
}

/** Pods name an image by tag and digest, the release by digest alone. */
const digestOf = (reference: string): string => reference.slice(reference.indexOf('@'));

const createdAt = ({ metadata }: Pod): string => metadata.creationTimestamp;

function readyAt({ status }: Pod): string {
  return status.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '';
}

test('both nodes get the image', async () => {
  const run = await prepull('run', '--pool', 'students', '--deadline', '8m');
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  expect(run.stdout).toContain('2 of 2 nodes have 1 image');
});

test('a newer release comes to one node, and only then to the other', async () => {
  await copy.append('images/nfs/Dockerfile', '\nLABEL newer=yes\n');
  const before = await copy.released('nfs');
  await publish();
  const newer = await copy.released('nfs');
  expect(newer.digest).not.toBe(before.digest);
  const run = await prepull('run', '--pool', 'students', '--deadline', '8m');
  expect(run, run.stderr).toMatchObject({ exitCode: 0 });
  expect(run.stdout).toContain('2 of 2 nodes have 1 image');

  const [first, second, ...others] = await daemons();
  if (first === undefined || second === undefined) throw new Error('two nodes, and not two pods');
  expect(others).toEqual([]);
  expect([first.spec.nodeName, second.spec.nodeName].toSorted()).toEqual(['real-0', 'real-1']);
  for (const { spec } of [first, second])
    expect(spec.initContainers.map(({ image }) => digestOf(image))).toEqual([`@${newer.digest}`]);
  expect(Date.parse(createdAt(second))).toBeGreaterThanOrEqual(Date.parse(readyAt(first)));
});

test('what is deleted leaves nothing on either node', async () => {
  expect(await prepull('delete')).toMatchObject({ exitCode: 0 });
  await rig.until('no pod is left', async () => (await daemons()).length === 0);
});
