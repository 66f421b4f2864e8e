/**
 * What a release costs a pool's nodes before anything is applied: bytes to fetch, room on the disk, time. Pure. The
 * numbers are estimates from sizes; what is measured is the waiting's to tell.
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { shortLayer } from './daemon-set.ts';
import type { PullImage, PullList } from './pull-list.ts';

export interface PoolEstimate {
  readonly pool: string;
  readonly images: number;
  /** Bytes that one node fetches, shared layers once, what is there already left out. */
  readonly fetchBytes: number;
  readonly presentBytes: number;
  /** What all of it takes on a node's disk: as it travelled, which containerd keeps, and unpacked. */
  readonly diskBytes: number;
  readonly diskLimit: { readonly disk: number; readonly usable: number } | undefined;
  readonly nodes: number | undefined;
  /** Nodes that pull at once. */
  readonly atOnce: number | undefined;
  readonly nodeMs: number | undefined;
  readonly totalMs: number | undefined;
  /** Images whose layers are not known: counted whole. */
  readonly countedWhole: readonly string[];
}

/** Kubelet begins to remove images when its disk is fuller than this (`imageGCHighThresholdPercent`). */
const garbageThreshold = 0.85;

/** Unpacked bytes of a byte that travels, where an image does not say: gzip on Debian and Python makes about this. */
const usualRatio = 2.6;

/** What is known of the nodes beside what matrix.yaml says. */
export interface NodeFacts {
  readonly nodes?: number | undefined;
  readonly diskBytes?: number | undefined;
  /** Short digests of layers (`shortLayer`) that the nodes have. */
  readonly present?: ReadonlySet<string> | undefined;
}

/** The pool's estimate; facts from a cluster go before what matrix.yaml says. */
export function estimatePool(list: PullList, facts: NodeFacts = {}): PoolEstimate {
  const { pool } = list;
  const blobs = blobsOf([list.pause, ...list.images]);
  let fetchBytes = 0;
  let presentBytes = 0;
  let diskBytes = 0;
  for (const [digest, { bytes, ratio }] of blobs) {
    if (facts.present?.has(shortLayer(digest)) === true) presentBytes += bytes;
    else fetchBytes += bytes;
    diskBytes += bytes + bytes * ratio;
  }
  const disk = facts.diskBytes ?? pool.diskBytes;
  const nodes = facts.nodes ?? pool.nodes;
  const atOnce = nodes === undefined ? undefined : nodesAtOnce(pool.stagger, nodes);
  const speed = pool.bytesPerSecond;
  const nodeMs = speed === undefined ? undefined : (fetchBytes / speed) * 1000;
  return {
    pool: pool.name,
    images: list.images.length,
    fetchBytes,
    presentBytes,
    diskBytes: Math.round(diskBytes),
    diskLimit: disk === undefined ? undefined : { disk, usable: Math.floor(disk * garbageThreshold) },
    nodes,
    atOnce,
    nodeMs,
    totalMs:
      nodeMs === undefined || nodes === undefined || atOnce === undefined
        ? undefined
        : nodeMs * Math.ceil(nodes / atOnce),
    countedWhole: list.images.filter(({ layers }) => layers.length === 0).map(({ name }) => name),
  };
}

/** How many nodes pull at once: a share is rounded up, as Kubernetes rounds `maxUnavailable`. */
export function nodesAtOnce(stagger: number | string, nodes: number): number {
  const wanted =
    typeof stagger === 'number' ? stagger : Math.ceil((nodes * Number(stagger.slice(0, -1))) / 100);
  return Math.max(1, Math.min(wanted, nodes));
}

/** Error where kubelet would remove the first images while it pulls the last ones. */
export function judgeEstimate(list: PullList, estimate: PoolEstimate): readonly Diagnostic[] {
  const { diskLimit, diskBytes } = estimate;
  if (diskLimit === undefined || diskBytes <= diskLimit.usable) return [];
  const usable = `${Math.round(garbageThreshold * 100)} % of its ${gigabytes(diskLimit.disk)}`;
  return [
    {
      category: 'usage',
      severity: 'error',
      code: 'disk-too-small',
      message: `the images of pool \`${list.pool.name}\` need ${gigabytes(diskBytes)} on each node, and kubelet removes images above ${usable}`,
      span: list.pool.span,
      help: 'give the nodes a larger disk, or bring fewer images to this pool (`images:`)',
    },
  ];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

interface BlobCost {
  readonly bytes: number;
  readonly ratio: number;
}

/** Each layer once; an image without layers is one piece of its own. */
function blobsOf(images: readonly PullImage[]): ReadonlyMap<string, BlobCost> {
  const blobs = new Map<string, BlobCost>();
  for (const { digest, layers, compressedBytes, unpackedBytes } of images) {
    const travelled = compressedBytes ?? layers.reduce((sum, { bytes }) => sum + bytes, 0);
    const ratio = unpackedBytes === undefined || travelled === 0 ? usualRatio : unpackedBytes / travelled;
    if (layers.length === 0) {
      const bytes = compressedBytes ?? (unpackedBytes ?? 0) / usualRatio;
      blobs.set(digest, { bytes: Math.round(bytes), ratio });
    }
    for (const layer of layers) {
      if (!blobs.has(layer.digest)) blobs.set(layer.digest, { bytes: layer.bytes, ratio });
    }
  }
  return blobs;
}
