/** Pull lists → everything that a cluster, kustomize or the zero-to-jupyterhub chart is given, as text. Pure. */
import { stringify } from 'yaml';
import { checkDaemonSet } from './check-manifest.ts';
import { appName, clusterLabels, daemonSetOf, type Metadata } from './daemon-set.ts';
import { setName } from './names.ts';
import { pinnedReference, type PullImage, type PullList } from './pull-list.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

interface PriorityClass extends Manifest {
  readonly value: number;
  readonly globalDefault: boolean;
  readonly description: string;
}

/** What is made besides the DaemonSets. */
export interface Besides {
  /** A PriorityClass between the chart's placeholders and its users, which the pullers then have. */
  readonly priorityClass: boolean;
  /** The pools' namespaces. */
  readonly namespaces: boolean;
}

/** A file's name and its object. */
export interface NamedManifest {
  readonly file: string;
  readonly object: Manifest;
}

/** The chart's placeholders have -10, its users 0: a puller takes the place of the first and gives way to the others. */
const priority = -5;

/** All objects, those that others need first. What an API server would refuse is a bug of ours, and throws. */
export function manifestsOf(lists: readonly PullList[], besides: Besides): readonly NamedManifest[] {
  const namespaces = new Set(lists.flatMap(({ pool }) => pool.namespace ?? []));
  const labels = { [clusterLabels.managedBy]: 'hubwright' };
  return [
    ...(besides.namespaces
      ? [...namespaces].map((name) => ({
          file: `namespace-${name}.yaml`,
          object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
        }))
      : []),
    ...(besides.priorityClass ? [{ file: 'priority-class.yaml', object: priorityClass(labels) }] : []),
    ...lists.map((list) => {
      const object = daemonSetOf(withPriority(list, besides));
      const [problem] = checkDaemonSet(object);
      if (problem !== undefined) throw new Error(`the DaemonSet of pool ${list.pool.name}: ${problem}`);
      return { file: `${object.metadata.name}.yaml`, object };
    }),
  ];
}

/** A pool that names no PriorityClass gets the one that is made. */
export function withPriority(list: PullList, { priorityClass: made }: Besides): PullList {
  if (!made || list.pool.priorityClass !== undefined) return list;
  return { ...list, pool: { ...list.pool, priorityClass: appName } };
}

function priorityClass(labels: Readonly<Record<string, string>>): PriorityClass {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name: appName, labels },
    value: priority,
    globalDefault: false,
    description: 'Brings images to nodes: before placeholders, after users',
  };
}

/** One object as YAML; keys in the order in which they were put together. */
export function manifestText(object: object): string {
  return stringify(object, { lineWidth: 0, sortMapEntries: false, aliasDuplicateObjects: false });
}

/** All objects as one stream for `kubectl apply -f -`. */
export function streamText(manifests: readonly NamedManifest[]): string {
  return manifests.map(({ object }) => manifestText(object)).join('---\n');
}

/** A list for those who read JSON. */
export function listText(manifests: readonly NamedManifest[]): string {
  const items = manifests.map(({ object }) => object);
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`;
}

/** The file that makes a folder of manifests a base of kustomize. */
export function kustomizationText(manifests: readonly NamedManifest[]): string {
  return manifestText({
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: manifests.map(({ file }) => file),
  });
}

/**
 * The chart's own puller, told to pull the same: its one DaemonSet goes where `singleuser.nodeSelector` says, so this
 * is for one pool. The chart joins name and tag with `:`, so the digest stands in the tag.
 */
export function chartValuesText({ pool, images, pause }: PullList): string {
  return manifestText({
    prePuller: {
      hook: { enabled: true },
      continuous: { enabled: true },
      ...(pool.tolerations.length === 0 ? {} : { extraTolerations: pool.tolerations }),
      extraImages: Object.fromEntries(images.map((image) => [chartKey(image), chartImage(image)])),
      pause: { image: chartImage(pause) },
    },
  });
}

/** A key of the chart's becomes part of a container's name. */
function chartKey({ name }: PullImage): string {
  return setName(name).replace(/^prepull-/, '');
}

function chartImage(image: PullImage): { readonly name: string; readonly tag: string } {
  const reference = pinnedReference({ ...image, tag: image.tag ?? 'released' });
  return { name: image.repository, tag: reference.slice(image.repository.length + 1) };
}
