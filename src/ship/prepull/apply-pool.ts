/**
 * Puts a pool's DaemonSet into a cluster, by server-side apply under our own name. Where there is none yet, first its
 * pods alone and then the images: a creation knows no stagger, an update does.
 */
import type { KubernetesApi } from '../kubernetes/api.ts';
import type { ApiTrouble } from '../kubernetes/trouble.ts';
import { readSet, type SetFacts } from './cluster-facts.ts';
import {
  fieldManager,
  namespacesPath,
  priorityClassesPath,
  setPath,
  type PoolPlace,
} from './cluster-paths.ts';
import { daemonSetOf, type DaemonSet } from './daemon-set.ts';
import { manifestsOf, withPriority, type Besides, type Manifest } from './manifests.ts';
import type { PullList } from './pull-list.ts';
import { waitForPool } from './wait-for-pool.ts';

export interface ApplyOptions extends Besides {
  /** Take fields over from whoever else manages them. */
  readonly force: boolean;
  /** How long no further pod may come up before the images are given all the same. */
  readonly quietMs?: number;
  readonly onStep?: (step: 'making-pods' | 'giving-images') => void;
}

export type ApplyEnd =
  | { readonly kind: 'applied'; readonly change: 'created' | 'changed' | 'unchanged'; readonly set: SetFacts }
  | { readonly kind: 'trouble'; readonly trouble: ApiTrouble; readonly doing: string };

/** When no further pod has come up for so long, those that are missing (their node is away) hold up the others no more. */
const quietMs = 10_000;
const podsMs = 300_000;

/** Applies one pool; what is applied already stays as it is, and no node pulls again. */
export async function applyPool(
  api: KubernetesApi,
  place: PoolPlace,
  list: PullList,
  options: ApplyOptions,
  signal: AbortSignal,
): Promise<ApplyEnd> {
  const mine = withPriority(list, options);
  for (const { object } of manifestsOf([mine], options)) {
    if (object.kind === 'DaemonSet') continue;
    const made = await apply(api, besidesPath(object), object, options.force, signal);
    if (!made.ok) return trouble(made.trouble, `making the ${object.kind} ${object.metadata.name}`);
  }
  const before = await readPlaced(api, place, signal);
  if (!before.ok) return trouble(before.trouble, `reading DaemonSets in namespace ${place.namespace}`);
  const applySet = (stage: 'pause' | 'images'): Promise<Applied> =>
    apply(api, setPath(place), inNamespace(daemonSetOf(mine, stage), place), options.force, signal);
  const doing = `applying the DaemonSet ${place.namespace}/${daemonSetOf(mine).metadata.name}`;
  if (before.set === undefined) {
    const paused = await applySet('pause');
    if (!paused.ok) return trouble(paused.trouble, doing);
    options.onStep?.('making-pods');
    await waitForPods(api, place, options.quietMs ?? quietMs, signal);
    if (signal.aborted) return trouble({ kind: 'cancelled' }, doing);
  }
  options.onStep?.('giving-images');
  const applied = await applySet('images');
  if (!applied.ok) return trouble(applied.trouble, doing);
  const set = readSet(applied.body);
  if (set === undefined)
    return trouble({ kind: 'refused', status: 200, message: 'the answer is no DaemonSet' }, doing);
  const same = before.set?.generation === set.generation;
  const change = before.set === undefined ? 'created' : same ? 'unchanged' : 'changed';
  return { kind: 'applied', change, set };
}

/** Until every node has its pod, or no more come. */
async function waitForPods(
  api: KubernetesApi,
  place: PoolPlace,
  quiet: number,
  signal: AbortSignal,
): Promise<void> {
  const still = new AbortController();
  const timer = setTimeout(() => still.abort(), quiet);
  let most = 0;
  await waitForPool(
    api,
    place,
    {
      quorum: { kind: 'share', percent: 100 },
      minNodes: 1,
      deadlineMs: podsMs,
      target: undefined,
      onProgress({ ready }) {
        if (ready > most) timer.refresh();
        most = Math.max(most, ready);
      },
    },
    AbortSignal.any([signal, still.signal]),
  );
  clearTimeout(timer);
}

/** The pool's DaemonSet as it is; undefined where there is none. */
export async function readPlaced(
  api: KubernetesApi,
  place: PoolPlace,
  signal: AbortSignal,
): Promise<
  | { readonly ok: true; readonly set: SetFacts | undefined }
  | { readonly ok: false; readonly trouble: ApiTrouble }
> {
  const answer = await api.request({ method: 'GET', path: setPath(place) }, signal);
  if (answer.ok) return { ok: true, set: readSet(answer.body) };
  return answer.trouble.kind === 'absent' ? { ok: true, set: undefined } : answer;
}

type Applied = Awaited<ReturnType<KubernetesApi['request']>>;

async function apply(
  api: KubernetesApi,
  path: string,
  object: object,
  force: boolean,
  signal: AbortSignal,
): Promise<Applied> {
  // As kubectl asks: what a server would only warn of is refused, and told.
  const query = { fieldManager, force: String(force), fieldValidation: 'Strict' };
  // JSON is YAML, and the type is the one that API servers know for applying.
  const contentType = 'application/apply-patch+yaml';
  return await api.request({ method: 'PATCH', path, query, body: object, contentType }, signal);
}

function inNamespace(set: DaemonSet, { namespace }: PoolPlace): DaemonSet {
  return { ...set, metadata: { ...set.metadata, namespace } };
}

function besidesPath({ kind, metadata }: Manifest): string {
  return `${kind === 'Namespace' ? namespacesPath : priorityClassesPath}/${metadata.name}`;
}

function trouble(what: ApiTrouble, doing: string): ApplyEnd {
  return { kind: 'trouble', trouble: what, doing };
}
