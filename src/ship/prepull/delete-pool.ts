/** Takes a pool's DaemonSet out of a cluster, and waits until its pods are gone. Images stay on the nodes. */
import type { KubernetesApi } from '../kubernetes/api.ts';
import type { ApiTrouble } from '../kubernetes/trouble.ts';
import { watchObjects } from '../kubernetes/watch.ts';
import { readPod } from './cluster-facts.ts';
import { podQuery, podsPath, priorityClassesPath, setPath, type PoolPlace } from './cluster-paths.ts';
import { appName } from './daemon-set.ts';

export type DeleteEnd =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'absent' }
  /** The DaemonSet is gone, and pods of it were there still when time was up. */
  | { readonly kind: 'pods-left'; readonly pods: number }
  | { readonly kind: 'trouble'; readonly trouble: ApiTrouble; readonly doing: string };

/** Removes one pool's DaemonSet with its pods. */
export async function deletePool(
  api: KubernetesApi,
  place: PoolPlace,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<DeleteEnd> {
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' };
  const answer = await api.request({ method: 'DELETE', path: setPath(place), body }, signal);
  if (!answer.ok) {
    if (answer.trouble.kind === 'absent') return { kind: 'absent' };
    return {
      kind: 'trouble',
      trouble: answer.trouble,
      doing: `deleting DaemonSets in namespace ${place.namespace}`,
    };
  }
  const gone = new AbortController();
  const late = AbortSignal.timeout(deadlineMs);
  let left = 0;
  const trouble = await watchObjects(
    api,
    {
      path: podsPath(place.namespace),
      query: podQuery(place),
      read: readPod,
      onChange: (pods) => {
        left = pods.size;
        if (left === 0) gone.abort();
      },
    },
    AbortSignal.any([signal, gone.signal, late]),
  );
  if (gone.signal.aborted) return { kind: 'deleted' };
  if (trouble.kind === 'cancelled' && late.aborted) return { kind: 'pods-left', pods: left };
  return { kind: 'trouble', trouble, doing: `watching pods in namespace ${place.namespace}` };
}

/** The PriorityClass that `--priority-class` makes; whether there was one. */
export async function deletePriorityClass(api: KubernetesApi, signal: AbortSignal): Promise<boolean> {
  const answer = await api.request({ method: 'DELETE', path: `${priorityClassesPath}/${appName}` }, signal);
  return answer.ok;
}
