/** What the commands under `build prepull` that speak to a cluster share: finding it, its pools, telling its trouble. */
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Pool } from '../matrix/image-set.ts';
import { jsonPrepull, livePrepull, plainPrepull, type PrepullDisplay } from '../report/prepull-display.ts';
import { bytesText } from '../report/prepull-status.ts';
import { count } from '../report/text.ts';
import { connectCluster, type Cluster } from '../ship/kubernetes/connect.ts';
import { apiDiagnostic, type ApiTrouble } from '../ship/kubernetes/trouble.ts';
import { list } from '../ship/kubernetes/watch.ts';
import { readApplied } from '../ship/prepull/cluster-facts.ts';
import { setsPath, setsQuery, type PoolPlace } from '../ship/prepull/cluster-paths.ts';
import { screenOf, type CliContext } from './context.ts';
import { choosePools, namedPools, type PoolChoice } from './prepull-lists.ts';
import { tell, usage } from './tell.ts';

export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  /** Pools are also those that the cluster tells of. */
  readonly fromCluster?: boolean;
  readonly json: boolean;
}

/** The cluster that is meant. */
export async function openCluster(
  context: CliContext,
  { kubeconfig, context: name }: ClusterOptions,
): Promise<Result<Cluster, Diagnostic>> {
  keepHeapSmall();
  const file = kubeconfig === undefined ? undefined : path.resolve(context.cwd, kubeconfig);
  return await connectCluster({ kubeconfig: file, context: name, env: context.env });
}

/** Two answers to which pools there are; undefined where one is asked for at most. */
export function twoSources({
  values,
  fromCluster,
}: Pick<ClusterOptions & PoolChoice, 'values' | 'fromCluster'>): Diagnostic | undefined {
  if (values === undefined || fromCluster !== true) return undefined;
  return usage(
    '`--values` and `--from-cluster` each tell which pools there are',
    'name one: values tell which nodes users are sent to (how many they are and how large their disks, the cluster is asked all the same); `--from-cluster` is for who has no such file',
  );
}

/**
 * What a cluster tells is parsed, and most of it dropped at once. V8 makes room for ever more of that before it looks
 * (60 MB for a pool of 1,000 nodes, of which 25 MB are alive); from here on it makes do with the room that it has.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** A pool's place: the namespace that is asked for, else its own, else the context's. */
export function placeOf(pool: Pool, cluster: Cluster, options: ClusterOptions): PoolPlace {
  const namespace = options.namespace ?? pool.namespace ?? cluster.namespace;
  return { pool: pool.name, namespace, selector: pool.selector };
}

/**
 * For commands that need no release: the cluster, and the pools that are named. With `fromCluster` those that were
 * applied there, whatever matrix.yaml says by now; there may be none.
 */
export async function openPools(
  context: CliContext,
  options: ClusterOptions & PoolChoice,
): Promise<
  Result<{ readonly cluster: Cluster; readonly places: readonly PoolPlace[] }, readonly Diagnostic[]>
> {
  const twice = twoSources(options);
  if (twice !== undefined) return err([twice]);
  if (options.fromCluster === true) return await openApplied(context, options);
  const pools = await namedPools(context, options);
  if (!pools.ok) return pools;
  const cluster = await openCluster(context, options);
  if (!cluster.ok) return err([cluster.error]);
  const places = pools.value.map((pool) => placeOf(pool, cluster.value, options));
  return ok({ cluster: cluster.value, places });
}

async function openApplied(
  context: CliContext,
  options: ClusterOptions & PoolChoice,
): ReturnType<typeof openPools> {
  const cluster = await openCluster(context, options);
  if (!cluster.ok) return err([cluster.error]);
  const { api } = cluster.value;
  const namespace = options.namespace ?? cluster.value.namespace;
  const query = { path: setsPath(namespace), query: setsQuery, read: readApplied };
  const sets = await list(api, query, context.signal);
  if (!sets.ok) {
    const told = apiDiagnostic(sets.trouble, `reading DaemonSets in namespace ${namespace}`, api.server);
    return err(told === undefined ? [] : [told]);
  }
  const places = [...sets.objects.values()].map((each) => ({ ...each, name: each.pool, namespace }));
  if (places.length === 0) return ok({ cluster: cluster.value, places });
  const chosen = choosePools(places, options.pool ?? []);
  return chosen.ok ? ok({ cluster: cluster.value, places: chosen.value }) : chosen;
}

/** Tells what a cluster refused; the interruption's code where it was the user. */
export async function tellTrouble(
  context: CliContext,
  cluster: Cluster,
  trouble: ApiTrouble,
  doing: string,
): Promise<ExitCode> {
  const diagnostic = apiDiagnostic(trouble, doing, cluster.api.server);
  return diagnostic === undefined ? exitCode.interrupted : await tell(context, [diagnostic]);
}

/** The display that fits where progress is written. */
export function openDisplay(
  context: CliContext,
  json: boolean,
  estimates: ReadonlyMap<string, number | undefined> = new Map(),
): PrepullDisplay {
  const screen = screenOf(context.stderr, context.env);
  const options = { colour: screen.colour, estimates, now: () => performance.now() };
  if (json) return jsonPrepull((text) => void context.stdout.write(text), options);
  return screen.isTerminal ? livePrepull(context.stderr, options) : plainPrepull(screen.write, options);
}

/** Of the annotation that tells the bytes of a pool's images; undefined where it tells none. */
export function bytesTold(annotations: Readonly<Record<string, string>>): number | undefined {
  const bytes = Number(annotations['hubwright/bytes']);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}

/** Where a cluster was asked for its pools, and has none. */
export function noneApplied({ namespace }: Cluster, options: ClusterOptions): string {
  return `nothing is applied in namespace ${options.namespace ?? namespace}`;
}

/** For notes. */
export function sizeNote(images: number, bytes: number): string {
  return bytes === 0 ? count(images, 'image') : `${count(images, 'image')}, ${bytesText(bytes)}`;
}
