/**
 * Waits until a pool's nodes have their images: follows the DaemonSet, its pods and the nodes by watches, never by
 * asking again and again, and judges each change. Changes nothing in the cluster.
 */
import type { KubernetesApi } from '../kubernetes/api.ts';
import type { ApiTrouble } from '../kubernetes/trouble.ts';
import { watchObjects } from '../kubernetes/watch.ts';
import {
  readNode,
  readPod,
  readSet,
  SharedTexts,
  type NodeFacts,
  type PodFacts,
  type SetFacts,
} from './cluster-facts.ts';
import {
  nodeQuery,
  nodesPath,
  podQuery,
  podsPath,
  setQuery,
  setsPath,
  type PoolPlace,
} from './cluster-paths.ts';
import { judgePool, otherDigests, type Expectation, type PoolStatus } from './judge.ts';

export interface WaitOptions extends Expectation {
  readonly deadlineMs: number;
  /** What the DaemonSet is expected to be for; undefined: whatever it says. */
  readonly target: string | undefined;
  readonly onProgress?: (status: PoolStatus) => void;
  /** The API server is away (a sentence), or back (undefined). */
  readonly onAway?: (message: string | undefined) => void;
  /** Nodes may not be read: why one is not ready cannot be told. */
  readonly onNoNodes?: () => void;
}

export type WaitEnd =
  | { readonly kind: 'enough'; readonly status: PoolStatus; readonly otherDigests: readonly string[] }
  | { readonly kind: 'deadline'; readonly status: PoolStatus | undefined }
  /** The DaemonSet was given other images in between. */
  | { readonly kind: 'superseded'; readonly status: PoolStatus; readonly release: string | undefined }
  /** There is no such DaemonSet, or it was removed in between. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'cancelled'; readonly status: PoolStatus | undefined }
  | { readonly kind: 'trouble'; readonly trouble: ApiTrouble; readonly doing: string };

/** Changes come in bursts; so many milliseconds of them are judged together: the more pods, the longer. */
const gatherMs = 100;
const gatherMsPerPod = 1;

/** Ends as soon as there is enough, at the deadline, or with the signal. */
export async function waitForPool(
  api: KubernetesApi,
  place: PoolPlace,
  options: WaitOptions,
  signal: AbortSignal,
): Promise<WaitEnd> {
  const { promise, resolve } = Promise.withResolvers<WaitEnd>();
  const ended = new AbortController();
  const waiter = new Waiter(options, resolve);
  const timer = setTimeout(() => resolve({ kind: 'deadline', status: waiter.status }), options.deadlineMs);
  const onAbort = (): void => resolve({ kind: 'cancelled', status: waiter.status });
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  const watches = startWatches(api, place, { options, waiter, resolve }, ended.signal);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    waiter.close();
    ended.abort();
    await Promise.all(watches);
  }
}

interface Parties {
  readonly options: WaitOptions;
  readonly waiter: Waiter;
  readonly resolve: (end: WaitEnd) => void;
}

function startWatches(
  api: KubernetesApi,
  place: PoolPlace,
  { options, waiter, resolve }: Parties,
  signal: AbortSignal,
): readonly Promise<void>[] {
  // All three are away together, and the first to notice tells.
  const away = new Set<string>();
  const onAway =
    (name: string) =>
    (message: string | undefined): void => {
      const before = away.size;
      if (message === undefined) away.delete(name);
      else away.add(name);
      if (before === 0 && message !== undefined) options.onAway?.(message);
      if (before > 0 && away.size === 0) options.onAway?.(undefined);
    };
  const ending =
    (doing: string) =>
    (trouble: ApiTrouble): void => {
      if (trouble.kind !== 'cancelled') resolve({ kind: 'trouble', trouble, doing });
    };
  const inNamespace = `in namespace ${place.namespace}`;
  const set = watchObjects(
    api,
    {
      path: setsPath(place.namespace),
      query: setQuery(place),
      read: readSet,
      onChange: (sets) => waiter.setChanged([...sets.values()][0]),
      onAway: onAway('set'),
    },
    signal,
  ).then(ending(`watching DaemonSets ${inNamespace}`));
  const pods = watchObjects(
    api,
    {
      path: podsPath(place.namespace),
      query: podQuery(place),
      read: (object) => waiter.readPod(object),
      onChange: (all) => waiter.podsChanged(all),
      onAway: onAway('pods'),
    },
    signal,
  ).then(ending(`watching pods ${inNamespace}`));
  const nodes = watchObjects(
    api,
    {
      path: nodesPath,
      query: nodeQuery(place),
      read: readNode,
      onChange: (all) => waiter.nodesChanged(all),
      onAway: onAway('nodes'),
    },
    signal,
  ).then((trouble) => {
    // Nodes belong to the whole cluster, and many may not read them: reasons are fewer then, and that is all.
    if (trouble.kind === 'forbidden') options.onNoNodes?.();
    else ending('watching nodes')(trouble);
  });
  return [set, pods, nodes];
}

/** Gathers what the watches tell, and judges it. */
class Waiter {
  status: PoolStatus | undefined;
  readonly #options: WaitOptions;
  readonly #resolve: (end: WaitEnd) => void;
  readonly #lastErrors = new Map<string, string>();
  readonly #texts = new SharedTexts();
  #set: SetFacts | undefined;
  #pods: ReadonlyMap<string, PodFacts> | undefined;
  #nodes: ReadonlyMap<string, NodeFacts> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WaitOptions, resolve: (end: WaitEnd) => void) {
    this.#options = options;
    this.#resolve = resolve;
  }

  setChanged(set: SetFacts | undefined): void {
    if (set === undefined) return this.#resolve({ kind: 'absent' });
    this.#set = set;
    this.#changed();
  }

  /** Remembers what a pod says that it will say for a moment only. */
  readPod(object: unknown): PodFacts | undefined {
    const pod = readPod(object, this.#texts);
    for (const { container, reason, message } of pod?.pulls ?? []) {
      if (reason !== 'ErrImagePull' || message === undefined) continue;
      this.#lastErrors.set(`${pod?.name}/${container}`, message);
    }
    return pod;
  }

  podsChanged(pods: ReadonlyMap<string, PodFacts>): void {
    this.#pods = pods;
    this.#changed();
  }

  nodesChanged(nodes: ReadonlyMap<string, NodeFacts>): void {
    this.#nodes = nodes;
    this.#changed();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #changed(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const wait = gatherMs + gatherMsPerPod * (this.#pods?.size ?? 0);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#judge();
    }, wait);
  }

  #judge(): void {
    if (this.#closed || this.#set === undefined || this.#pods === undefined) return;
    const { target } = this.#options;
    const picture = {
      set: this.#set,
      pods: this.#pods.values(),
      nodes: this.#nodes,
      lastErrors: this.#lastErrors,
    };
    const status = judgePool(picture, this.#options);
    this.status = status;
    if (target !== undefined && status.target !== target) {
      const release = this.#set.annotations['hubwright/release'];
      return this.#resolve({ kind: 'superseded', status, release });
    }
    this.#options.onProgress?.(status);
    if (!status.enough) return;
    const others = otherDigests(this.#pods.values(), status.target);
    this.#resolve({ kind: 'enough', status, otherDigests: others });
  }
}
