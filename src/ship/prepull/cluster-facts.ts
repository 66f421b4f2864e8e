/** What is kept of a cluster's objects while nodes pull: little of each, for there may be thousands. Pure. */
import { daemonSetSchema, nodeSchema, podSchema, type PodReply } from '../kubernetes/schema.ts';
import { appName, clusterLabels } from './daemon-set.ts';
import { parseQuantity } from './kubernetes-quantity.ts';

/** How far one image of a pod is. */
export interface PullState {
  readonly container: string;
  readonly state: 'waiting' | 'pulling' | 'done' | 'failed';
  readonly reason?: string;
  readonly message?: string;
  /** What the node says that it has. */
  readonly imageId?: string;
}

export interface PodFacts {
  readonly name: string;
  readonly node: string;
  /** References of its init containers, one a line: by them a pod of an older release is known. */
  readonly images: string;
  readonly deleting: boolean;
  readonly ready: boolean;
  readonly pulls: readonly PullState[];
  /** Of the pod as a whole: `Evicted`, `OutOfpods`, `Unschedulable`. */
  readonly reason?: string;
  readonly message?: string;
}

export interface NodeFacts {
  readonly name: string;
  readonly ready: boolean;
  readonly why?: string;
  readonly diskPressure: boolean;
  /** Of its disk for images, as far as the node tells. */
  readonly diskBytes?: number;
}

export interface SetFacts {
  readonly name: string;
  readonly generation: number;
  readonly observed: number;
  readonly desired: number;
  /** As of its pods: {@link PodFacts.images}. */
  readonly images: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Undefined for what is no DaemonSet. */
export function readSet(object: unknown): SetFacts | undefined {
  const { data } = daemonSetSchema.safeParse(object);
  if (data === undefined) return undefined;
  return {
    name: data.metadata.name,
    generation: data.metadata.generation ?? 0,
    observed: data.status?.observedGeneration ?? -1,
    desired: data.status?.desiredNumberScheduled ?? 0,
    images: imagesOf(data.spec.template.spec.initContainers),
    annotations: data.metadata.annotations ?? {},
  };
}

/** A pool by what was applied of it; undefined for what is no DaemonSet of ours. */
export function readApplied(
  object: unknown,
): { readonly pool: string; readonly selector: Readonly<Record<string, string>> } | undefined {
  const { data } = daemonSetSchema.safeParse(object);
  const { [clusterLabels.name]: app, [clusterLabels.pool]: pool } = data?.metadata.labels ?? {};
  if (data === undefined || app !== appName || pool === undefined) return undefined;
  return { pool, selector: data.spec.template.spec.nodeSelector ?? {} };
}

/** The one copy of texts that thousands of pods have alike. */
export class SharedTexts {
  readonly #known = new Map<string, string>();

  of(text: string): string {
    const known = this.#known.get(text);
    if (known === undefined) this.#known.set(text, text);
    return known ?? text;
  }
}

/** Undefined for what is no pod. `texts`: of all that are read together. */
export function readPod(object: unknown, texts = new SharedTexts()): PodFacts | undefined {
  const { data } = podSchema.safeParse(object);
  if (data === undefined) return undefined;
  const { metadata, spec, status } = data;
  const unscheduled = status?.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  const reason = status?.reason ?? unscheduled?.reason;
  const message = status?.message ?? unscheduled?.message;
  return {
    name: metadata.name,
    node: nodeOf(spec),
    images: texts.of(imagesOf(spec.initContainers)),
    deleting: metadata.deletionTimestamp !== undefined,
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    pulls: [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map((each) =>
      readPull(each, texts),
    ),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message: short(message) }),
  };
}

/** Undefined for what is no node. */
export function readNode(object: unknown): NodeFacts | undefined {
  const { data } = nodeSchema.safeParse(object);
  if (data === undefined) return undefined;
  const conditions = data.status?.conditions ?? [];
  const ready = conditions.find(({ type }) => type === 'Ready');
  const why = ready?.message ?? ready?.reason;
  const disk = parseQuantity(data.status?.capacity?.['ephemeral-storage'] ?? '');
  return {
    name: data.metadata.name,
    ready: ready?.status === 'True',
    ...(ready?.status === 'True' || why === undefined ? {} : { why: short(why) }),
    diskPressure: conditions.some(({ type, status }) => type === 'DiskPressure' && status === 'True'),
    ...(disk === undefined ? {} : { diskBytes: disk }),
  };
}

/** The references of init containers as facts hold them. */
export function imagesOf(containers: readonly { readonly image?: string | undefined }[] | undefined): string {
  return (containers ?? []).map(({ image }) => image ?? '').join('\n');
}

/** A pod that no node has taken yet names the node that it is meant for in its affinity. */
function nodeOf(spec: PodReply['spec']): string {
  if (spec.nodeName !== undefined) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0] ?? '';
}

type StatusReply = NonNullable<NonNullable<PodReply['status']>['initContainerStatuses']>[number];

const quietReasons = new Set(['PodInitializing', 'ContainerCreating']);

function readPull({ name, imageID, state }: StatusReply, texts: SharedTexts): PullState {
  const { waiting, running, terminated } = state ?? {};
  const imageId = imageID === undefined || imageID === '' ? {} : { imageId: texts.of(imageID) };
  const about = { container: texts.of(name), ...imageId };
  if (running !== undefined || terminated?.exitCode === 0) return { ...about, state: 'done' };
  if (terminated !== undefined) return { ...about, state: 'failed', ...told(terminated) };
  if (waiting?.reason === undefined || quietReasons.has(waiting.reason))
    return { ...about, state: 'waiting' };
  return { ...about, state: 'failed', ...told(waiting) };
}

function told({
  reason,
  message,
}: {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
}): {
  readonly reason?: string;
  readonly message?: string;
} {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message: short(message) }),
  };
}

const longestMessage = 600;

function short(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').trim();
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}
