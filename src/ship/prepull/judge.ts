/**
 * What a DaemonSet, its pods and the nodes say, put together: of each node of a pool how far it is, and whether enough
 * of them have everything. Pure: asks nobody.
 */
import type { NodeFacts, PodFacts, PullState, SetFacts } from './cluster-facts.ts';
import { clusterLabels } from './daemon-set.ts';
import { failureReason, type FailureReason } from './failure-reason.ts';

export type NodeState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'pulling'; readonly container: string | undefined; readonly done: number }
  /** It has an older pod, or none yet. */
  | { readonly kind: 'waiting'; readonly why: string }
  /** Kubelet goes on trying. */
  | {
      readonly kind: 'failed';
      readonly container: string | undefined;
      readonly reason: FailureReason;
      readonly said: string;
    }
  | { readonly kind: 'not-ready'; readonly why: string };

export interface NodeStatus {
  readonly node: string;
  readonly state: NodeState;
}

export interface PoolStatus {
  /** False until the controller has seen what was applied last. */
  readonly observed: boolean;
  readonly desired: number;
  readonly ready: number;
  /** Nodes that have to be ready for the quorum. */
  readonly needed: number;
  readonly enough: boolean;
  /** Images that a node shall have. */
  readonly images: number;
  /** By name: those that have a pod, and those of the pool that are away. */
  readonly nodes: readonly NodeStatus[];
  /** What the DaemonSet is for: its references, one a line. */
  readonly target: string;
}

/** Which part of the nodes has to be ready. */
export type Quorum =
  | { readonly kind: 'share'; readonly percent: number }
  | { readonly kind: 'number'; readonly nodes: number };

export interface Expectation {
  readonly quorum: Quorum;
  /** Fewer nodes than these are too few, whatever they have: an autoscaler may not have made them yet. */
  readonly minNodes: number;
}

export interface ClusterPicture {
  readonly set: SetFacts;
  readonly pods: Iterable<PodFacts>;
  /** Undefined where we may not read them. */
  readonly nodes: ReadonlyMap<string, NodeFacts> | undefined;
  /** The last complete sentence about a container (`pod/container`): kubelet shortens it while it waits. */
  readonly lastErrors: ReadonlyMap<string, string>;
}

/** The pool's state at this moment. */
export function judgePool(picture: ClusterPicture, expectation: Expectation): PoolStatus {
  const { set, nodes: nodeFacts } = picture;
  const byNode = new Map<string, PodFacts[]>();
  for (const pod of picture.pods) byNode.set(pod.node, [...(byNode.get(pod.node) ?? []), pod]);
  // The controller gives a node that is away no pod, and does not count it: who waits for it is told all the same.
  for (const { name, ready: isThere } of nodeFacts?.values() ?? [])
    if (!isThere && !byNode.has(name)) byNode.set(name, []);
  const nodes = [...byNode]
    .map(([node, pods]) => ({ node, state: judgeNode(pods, nodeFacts?.get(node), picture) }))
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));
  const ready = nodes.filter(({ state }) => state.kind === 'ready').length;
  const observed = set.observed >= set.generation;
  const needed = Math.max(
    quorumOf(expectation.quorum, set.desired),
    Math.min(expectation.minNodes, set.desired),
  );
  return {
    observed,
    desired: set.desired,
    ready,
    needed,
    enough: observed && set.desired >= expectation.minNodes && ready >= needed,
    images: imageCount(set),
    nodes,
    target: set.images,
  };
}

/** A program that is brought along is an init container, and no image. */
function imageCount({ images, annotations }: SetFacts): number {
  const told = annotations[clusterLabels.images];
  const lines = images === '' ? '' : (told ?? images);
  return lines === '' ? 0 : lines.split('\n').length;
}

function quorumOf(quorum: Quorum, desired: number): number {
  switch (quorum.kind) {
    case 'share':
      // 98 % of 25 are 24.5: twenty-four would not be enough.
      return Math.ceil((desired * quorum.percent) / 100 - 1e-9);
    case 'number':
      return Math.min(quorum.nodes, desired);
    default:
      return quorum satisfies never;
  }
}

function judgeNode(
  pods: readonly PodFacts[],
  node: NodeFacts | undefined,
  { set, lastErrors }: ClusterPicture,
): NodeState {
  const current = pods.find(({ images, deleting }) => images === set.images && !deleting);
  if (current?.ready === true) return { kind: 'ready' };
  // What a node that is gone last said of its pods is no news.
  if (node?.ready === false) return { kind: 'not-ready', why: node.why ?? 'the node is not ready' };
  if (current === undefined) {
    const older = pods.some(({ deleting }) => !deleting);
    return { kind: 'waiting', why: older ? 'its turn has not come' : 'its pod is being replaced' };
  }
  const pulls = current.pulls;
  const failed = pulls.find(({ state }) => state === 'failed');
  if (failed !== undefined) return failure(current, failed, lastErrors);
  if (current.reason !== undefined) {
    const reason = failureReason(current.reason, current.message);
    return { kind: 'failed', container: undefined, reason, said: current.message ?? current.reason };
  }
  const under = pulls.findIndex(({ state }) => state !== 'done');
  return { kind: 'pulling', container: pulls[under]?.container, done: Math.max(0, under) };
}

function failure(pod: PodFacts, pull: PullState, lastErrors: ReadonlyMap<string, string>): NodeState {
  const last = lastErrors.get(`${pod.name}/${pull.container}`);
  const isShort = pull.message === undefined || /^Back-off/i.test(pull.message);
  const said = isShort ? (last ?? pull.message ?? '') : pull.message;
  return {
    kind: 'failed',
    container: pull.container,
    reason: failureReason(pull.reason, said),
    said: [pull.reason, said].filter((part) => part !== undefined && part !== '').join(': '),
  };
}

/**
 * Images whose digest a node tells otherwise than it was asked for. For an image of several platforms that may be the
 * platform's own, so it is worth a word and no failure.
 */
export function otherDigests(pods: Iterable<PodFacts>, target: string): readonly string[] {
  const wanted = new Set([...target.matchAll(/@(sha256:[0-9a-f]{64})$/gm)].map((match) => match[1] ?? ''));
  const others = new Set<string>();
  const images = target.split('\n').length;
  for (const pod of pods) {
    if (!pod.ready || pod.images !== target) continue;
    for (const { imageId } of pod.pulls.slice(0, images)) {
      const digest = /@(sha256:[0-9a-f]{64})$/.exec(imageId ?? '')?.[1];
      if (imageId !== undefined && digest !== undefined && !wanted.has(digest)) others.add(imageId);
    }
  }
  return [...others].toSorted();
}
