/** Where the API server has what prepull makes and reads. Pure text. */
import { appName, clusterLabels, selectorOf } from './daemon-set.ts';
import { setName } from './names.ts';

/** The field manager of everything that we apply: whose fields are whose is told by it. */
export const fieldManager = 'hubwright';

/** A pool as it stands in a cluster. */
export interface PoolPlace {
  readonly pool: string;
  readonly namespace: string;
  /** Labels of the pool's nodes; only they are read. */
  readonly selector: Readonly<Record<string, string>>;
}

/** The DaemonSets of a namespace. */
export function setsPath(namespace: string): string {
  return `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets`;
}

/** The pool’s own DaemonSet. */
export function setPath({ pool, namespace }: PoolPlace): string {
  return `${setsPath(namespace)}/${setName(pool)}`;
}

/** The pods of a namespace. */
export function podsPath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
}

export const nodesPath = '/api/v1/nodes';
export const namespacesPath = '/api/v1/namespaces';
export const priorityClassesPath = '/apis/scheduling.k8s.io/v1/priorityclasses';

/** The query that chooses the pool's one DaemonSet. */
export function setQuery({ pool }: PoolPlace): Readonly<Record<string, string>> {
  return { fieldSelector: `metadata.name=${setName(pool)}` };
}

/** The query that chooses the DaemonSets of all pools. */
export const setsQuery = { labelSelector: `${clusterLabels.name}=${appName}` };

/** The query that chooses the pool's pods. */
export function podQuery({ pool }: PoolPlace): Readonly<Record<string, string>> {
  return { labelSelector: labelsText(selectorOf(pool)) };
}

/** The query that chooses the pool's nodes. */
export function nodeQuery({ selector }: PoolPlace): Readonly<Record<string, string>> {
  return Object.keys(selector).length === 0 ? {} : { labelSelector: labelsText(selector) };
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
