/**
 * A pull list → the DaemonSet that brings it to every node of its pool: each image is an init container that does
 * nothing, so the pod is ready when the node has them all. Pure, and the same list gives the same object.
 */
import { createHash } from 'node:crypto';
import type { Toleration } from '../../matrix/image-set.ts';
import { containerNames, poolLabel, setName } from './names.ts';
import { pinnedReference, type PullImage, type PullList } from './pull-list.ts';

/** Names that we write into a cluster. */
export const clusterLabels = {
  name: 'app.kubernetes.io/name',
  managedBy: 'app.kubernetes.io/managed-by',
  pool: 'hubwright/pool',
  release: 'hubwright/release',
  content: 'hubwright/content',
  images: 'hubwright/images',
  bytes: 'hubwright/bytes',
  layers: 'hubwright/layers',
} as const;

export const appName = 'hubwright-prepull';

/** How long the value of an annotation may be, all of an object's together (262144), with room for the others. */
const longestLayers = 200_000;

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: 'IfNotPresent';
  readonly command?: readonly string[];
  readonly workingDir?: string;
  readonly resources: { readonly requests: Readonly<Record<string, string>> };
  readonly securityContext: object;
  readonly volumeMounts?: readonly { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface PodSpec {
  readonly automountServiceAccountToken: false;
  readonly containers: readonly Container[];
  readonly enableServiceLinks: false;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly initContainers?: readonly Container[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly priorityClassName?: string;
  readonly securityContext: object;
  readonly serviceAccountName?: string;
  readonly terminationGracePeriodSeconds: number;
  readonly tolerations?: readonly Toleration[];
  readonly volumes?: readonly object[];
}

export interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface DaemonSet {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'DaemonSet';
  readonly metadata: Metadata;
  readonly spec: {
    readonly revisionHistoryLimit: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly updateStrategy: {
      readonly type: 'RollingUpdate';
      readonly rollingUpdate: { readonly maxUnavailable: number | string };
    };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: PodSpec;
    };
  };
}

/** `pause`: without the images, to have the pods on their nodes before any of them pulls. */
export type Stage = 'pause' | 'images';

/** The pool's DaemonSet. */
export function daemonSetOf(list: PullList, stage: Stage = 'images'): DaemonSet {
  const { pool } = list;
  const labels = selectorOf(pool.name);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: {
      name: setName(pool.name),
      ...(pool.namespace === undefined ? {} : { namespace: pool.namespace }),
      labels: { ...labels, [clusterLabels.managedBy]: 'hubwright' },
      annotations: annotationsOf(list, stage),
    },
    spec: {
      revisionHistoryLimit: 1,
      selector: { matchLabels: labels },
      // Ready means pulled, so this many nodes pull at once.
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: pool.stagger } },
      template: {
        metadata: { labels: { ...labels, [clusterLabels.managedBy]: 'hubwright' } },
        spec: podSpecOf(list, stage),
      },
    },
  };
}

/** The labels by which a pool's pods are found. They can never change: a selector is immutable. */
export function selectorOf(pool: string): Readonly<Record<string, string>> {
  return { [clusterLabels.name]: appName, [clusterLabels.pool]: poolLabel(pool) };
}

/** The hash of what a node has to have; equal hashes mean that there is nothing to pull. */
export function contentOf({ images, pause }: PullList): string {
  const digests = [...images, pause].map(({ digest }) => digest).toSorted();
  return createHash('sha256').update(digests.join('\n')).digest('hex');
}

function annotationsOf(list: PullList, stage: Stage): Readonly<Record<string, string>> {
  const { images, pause, release } = list;
  if (stage === 'pause') return { [clusterLabels.release]: release };
  const layers = layersText([...images, pause]);
  return {
    [clusterLabels.release]: release,
    [clusterLabels.content]: `sha256:${contentOf(list)}`,
    [clusterLabels.images]: images.map(({ name, digest }) => `${name}@${digest}`).join('\n'),
    [clusterLabels.bytes]: String(bytesOf(images)),
    ...(layers === '' || layers.length > longestLayers ? {} : { [clusterLabels.layers]: layers }),
  };
}

/** Bytes that travel to an empty node: shared layers once where they are known. */
export function bytesOf(images: readonly PullImage[]): number {
  const seen = new Map<string, number>();
  for (const { digest, layers, compressedBytes } of images) {
    if (layers.length === 0) seen.set(digest, compressedBytes ?? 0);
    for (const layer of layers) seen.set(layer.digest, layer.bytes);
  }
  return [...seen.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Enough of each layer's digest to know it again: what a node has is subtracted from the next release. */
function layersText(images: readonly PullImage[]): string {
  const digests = new Set(images.flatMap(({ layers }) => layers.map(({ digest }) => shortLayer(digest))));
  return [...digests].toSorted().join(' ');
}

/** A layer as the annotation names it. */
export function shortLayer(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 16);
}

const programVolume = 'program';
const programFolder = '/hubwright';
const pauseContainer = 'pause';
const programContainer = 'program';

function podSpecOf(list: PullList, stage: Stage): PodSpec {
  const { pool, images, pause } = list;
  const { program } = pause;
  const names = containerNames(
    images.map(({ name }) => name),
    [pauseContainer, programContainer],
  );
  const brings = stage === 'images' && program !== undefined && images.some(needsProgram);
  const pullers = images.map((image): Container => {
    const own = brings && needsProgram(image);
    // Of what nobody looked into a shell is the likeliest; without one its nodes are told of.
    const inside = image.noop ?? usualCommand;
    return {
      ...containerOf(names.get(image.name) ?? image.name, image),
      command: own ? [`${programFolder}/true`] : inside,
      // An image's own folder may be closed to the user that this runs as.
      workingDir: '/',
      ...(own ? { volumeMounts: [{ name: programVolume, mountPath: programFolder, readOnly: true }] } : {}),
    };
  });
  const bringer: Container = {
    ...containerOf(programContainer, pause),
    command: [program ?? '', 'cp', program ?? '', `${programFolder}/true`],
    volumeMounts: [{ name: programVolume, mountPath: programFolder }],
  };
  const init = stage === 'pause' ? [] : [...(brings ? [bringer] : []), ...pullers];
  return {
    automountServiceAccountToken: false,
    containers: [containerOf(pauseContainer, pause)],
    enableServiceLinks: false,
    ...(pool.pullSecrets.length === 0
      ? {}
      : { imagePullSecrets: pool.pullSecrets.map((name) => ({ name })) }),
    ...(init.length === 0 ? {} : { initContainers: init }),
    ...(Object.keys(pool.selector).length === 0 ? {} : { nodeSelector: pool.selector }),
    ...(pool.priorityClass === undefined ? {} : { priorityClassName: pool.priorityClass }),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: nobody,
      runAsGroup: nobody,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(pool.serviceAccount === undefined ? {} : { serviceAccountName: pool.serviceAccount }),
    terminationGracePeriodSeconds: 0,
    ...(pool.tolerations.length === 0 ? {} : { tolerations: pool.tolerations }),
    ...(brings ? { volumes: [{ name: programVolume, emptyDir: { sizeLimit: '16Mi' } }] } : {}),
  };
}

function needsProgram({ noop }: PullImage): boolean {
  return noop === undefined || noop.length === 0;
}

const usualCommand = ['/bin/sh', '-c', 'exit 0'];
const nobody = 65_534;

/** Small requests, and none for the disk: a node under pressure would evict the pod and make it again without end. */
function containerOf(name: string, image: PullImage): Container {
  return {
    name,
    image: pinnedReference(image),
    imagePullPolicy: 'IfNotPresent',
    resources: { requests: { cpu: '1m', memory: '8Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
    },
  };
}
