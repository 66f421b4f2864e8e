/**
 * Pools found from a cluster's nodes, written as `pools:` for matrix.yaml. Pure: asks nobody. Which images a pool's nodes
 * shall have, no node tells.
 */
import { Document } from 'yaml';
import { nodeSchema, type NodeReply } from '../kubernetes/schema.ts';
import type { SourceSpan } from '../../core/diagnostic.ts';
import type { ImageKind, ImageSet, Pool, Toleration } from '../../matrix/image-set.ts';
import { defaultStagger } from '../../matrix/pools.ts';
import { parseQuantity } from './kubernetes-quantity.ts';

/** What a node says of the pool that it belongs to. */
export interface PoolNode {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: NonNullable<NonNullable<NodeReply['spec']>['taints']>;
  readonly diskBytes: number | undefined;
}

export interface FoundPool {
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Toleration[];
  readonly nodes: number;
  /** The smallest of their disks; undefined where no node tells. */
  readonly diskBytes: number | undefined;
}

/** What zero-to-jupyterhub calls nodes for users. */
const purpose = 'hub.jupyter.org/node-purpose';

/** How providers and autoscalers label the nodes that they make alike. */
const groupLabels = [
  'cloud.google.com/gke-nodepool',
  'eks.amazonaws.com/nodegroup',
  'alpha.eksctl.io/nodegroup-name',
  'kubernetes.azure.com/agentpool',
  'karpenter.sh/nodepool',
  'doks.digitalocean.com/node-pool',
];

const controlPlane = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Taints that say how a node is at this moment, and not what it is for. */
const passing = /^(?:node\.kubernetes\.io|node\.cloudprovider\.kubernetes\.io)\/|ClusterAutoscaler$/;

/** Undefined for what is no node. */
export function readPoolNode(object: unknown): PoolNode | undefined {
  const { data } = nodeSchema.safeParse(object);
  if (data === undefined) return undefined;
  return {
    labels: data.metadata.labels ?? {},
    taints: data.spec?.taints ?? [],
    diskBytes: parseQuantity(data.status?.capacity?.['ephemeral-storage'] ?? ''),
  };
}

/**
 * A pool for each group of nodes that are made alike: of those for users, where nodes are labelled so, else of all but
 * the control plane and those for the hub.
 */
export function findPools(nodes: readonly PoolNode[]): readonly FoundPool[] {
  const labelled = nodes.filter(({ labels }) => labels[purpose] === 'user');
  const others = nodes.filter(
    ({ labels }) => labels[purpose] === undefined && !controlPlane.some((label) => label in labels),
  );
  const chosen = labelled.length > 0 ? labelled : others;
  const base: Record<string, string> = labelled.length > 0 ? { [purpose]: 'user' } : {};
  const label = groupLabels.find((each) => chosen.every(({ labels }) => labels[each] !== undefined));
  const groups = Map.groupBy(chosen, ({ labels }) => (label === undefined ? '' : (labels[label] ?? '')));
  const isAlone = groups.size === 1 && labelled.length > 0;
  const names = new Set<string>();
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, members]) => ({
      name: poolName(isAlone ? 'user' : value, names),
      selector: label === undefined || isAlone ? base : { ...base, [label]: value },
      tolerations: tolerationsOf(members),
      nodes: members.length,
      diskBytes: smallest(members),
    }));
}

/** What runs beside users' pods, or is never started. */
const notForUsers: ReadonlySet<ImageKind> = new Set(['hub', 'proxy', 'registry', 'nfs', 'builder']);

/**
 * Found pools as pools of the family: they get what users start of its group `default`. A pool of matrix.yaml whose
 * labels all their nodes have takes their place.
 */
export function poolsOfNodes(
  found: readonly FoundPool[],
  { groups, images, pools }: Pick<ImageSet, 'groups' | 'images' | 'pools'>,
): readonly Pool[] {
  const wanted = new Set(groups.get('default'));
  const chosen = images.filter(({ name, kind }) => wanted.has(name) && !notForUsers.has(kind));
  const span: SourceSpan = { file: 'matrix.yaml', line: 1, column: 1, length: 1, text: '' };
  const covered = ({ name, selector }: FoundPool): boolean =>
    pools.some(
      (pool) =>
        pool.name === name || Object.entries(pool.selector).every(([key, value]) => selector[key] === value),
    );
  return found
    .filter((each) => !covered(each))
    .map(({ name, selector, tolerations, nodes, diskBytes }) => ({
      name,
      images: chosen.map((image) => image.name),
      selector,
      tolerations,
      nodes,
      diskBytes,
      bytesPerSecond: undefined,
      stagger: defaultStagger,
      namespace: undefined,
      pullSecrets: [],
      serviceAccount: undefined,
      priorityClass: undefined,
      span,
    }));
}

/** A name that a pool may have, and no other has yet. */
export function poolName(text: string, taken: Set<string>): string {
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const short = plain.slice(0, 50).replaceAll(/^-+|-+$/g, '') || 'nodes';
  let name = short;
  for (let count = 2; taken.has(name); count += 1) name = `${short}-${count}`;
  taken.add(name);
  return name;
}

/** For every taint that any of them has. */
function tolerationsOf(nodes: readonly PoolNode[]): readonly Toleration[] {
  const found = new Map<string, Toleration>();
  for (const { key, value = '', effect } of nodes.flatMap(({ taints }) => taints)) {
    if (passing.test(key) || (effect !== 'NoSchedule' && effect !== 'NoExecute')) continue;
    const rest = value === '' ? ({ operator: 'Exists' } as const) : ({ operator: 'Equal', value } as const);
    found.set([key, value, effect].join(' '), { key, ...rest, effect });
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, toleration]) => toleration);
}

function smallest(nodes: readonly PoolNode[]): number | undefined {
  const disks = nodes.flatMap(({ diskBytes }) => diskBytes ?? []);
  return disks.length === 0 ? undefined : Math.min(...disks);
}

const heading = ` Found from the nodes of the cluster as they are now: a pool of which none is there is not among them.
 \`images\` is yours to choose: what the nodes shall have, as commands choose images.`;

/** The block for matrix.yaml. */
export function poolsText(pools: readonly FoundPool[]): string {
  const document = new Document();
  const flow = (value: unknown): unknown => document.createNode(value, { flow: true });
  const entries = pools.map(({ name, selector, tolerations, nodes, diskBytes }) => [
    name,
    {
      images: flow(['default']),
      ...(Object.keys(selector).length === 0 ? {} : { selector: flow(selector) }),
      ...(tolerations.length === 0 ? {} : { tolerations: tolerations.map(flow) }),
      nodes,
      ...(diskBytes === undefined ? {} : { disk: `${Math.floor(diskBytes / 1e9)}GB` }),
    },
  ]);
  document.contents = document.createNode({ pools: Object.fromEntries(entries) });
  document.commentBefore = heading;
  return document.toString({ lineWidth: 0 });
}
