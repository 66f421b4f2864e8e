/** `build prepull apply` and `run`: gives the pools of a cluster the release's images, and waits for them. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { PrepullDisplay } from '../report/prepull-display.ts';
import { renderEstimates } from '../report/prepull-estimate.ts';
import type { Cluster } from '../ship/kubernetes/connect.ts';
import { list as listObjects } from '../ship/kubernetes/watch.ts';
import { applyPool, readPlaced } from '../ship/prepull/apply-pool.ts';
import { readNode } from '../ship/prepull/cluster-facts.ts';
import { nodeQuery, nodesPath, type PoolPlace } from '../ship/prepull/cluster-paths.ts';
import { bytesOf, clusterLabels } from '../ship/prepull/daemon-set.ts';
import { estimatePool, judgeEstimate, type PoolEstimate } from '../ship/prepull/estimate.ts';
import type { PullList } from '../ship/prepull/pull-list.ts';
import { screenOf, type CliContext } from './context.ts';
import {
  openCluster,
  openDisplay,
  placeOf,
  sizeNote,
  tellTrouble,
  twoSources,
  type ClusterOptions,
} from './prepull-cluster.ts';
import { readPools, type PoolOptions, type Pools } from './prepull-lists.ts';
import { waitForPools, type Awaited, type WaitOptions } from './prepull-wait.ts';
import { tell } from './tell.ts';

export interface ApplyOptions extends PoolOptions, Omit<ClusterOptions, 'namespace'> {
  readonly priorityClass: boolean;
  readonly createNamespace: boolean;
  readonly forceConflicts: boolean;
}

/** `build prepull apply`: what does not fit on the nodes is told, and nothing is applied. */
export async function prepullApplyCommand(context: CliContext, options: ApplyOptions): Promise<ExitCode> {
  return await applyPools(context, options, async () => exitCode.ok);
}

/** `build prepull run`: applies, and waits. */
export async function prepullRunCommand(
  context: CliContext,
  options: ApplyOptions & WaitOptions,
): Promise<ExitCode> {
  const began = performance.now();
  return await applyPools(context, options, (cluster, pools, display) =>
    waitForPools(context, cluster, pools, { options, display, began }),
  );
}

interface Work {
  readonly list: PullList;
  readonly place: PoolPlace;
  readonly estimate: PoolEstimate;
}

async function applyPools(
  context: CliContext,
  options: ApplyOptions,
  then: (cluster: Cluster, pools: readonly Awaited[], display: PrepullDisplay) => Promise<ExitCode>,
): Promise<ExitCode> {
  const twice = twoSources(options);
  if (twice !== undefined) return await tell(context, [twice]);
  const both = await (options.fromCluster === true ? openThenRead : readThenOpen)(context, options);
  if (!both.ok) return both.error;
  const { read, cluster } = both.value;
  const works: Work[] = [];
  for (const list of read.lists) {
    const place = placeOf(list.pool, cluster, options);
    const work = await estimateWork(cluster, list, place, context.signal);
    if (!work.ok) return await tellTrouble(context, cluster, work.trouble, work.doing);
    works.push(work);
  }
  const tooBig = works.flatMap(({ list, estimate }) => judgeEstimate(list, estimate));
  if (tooBig.length > 0) return await tell(context, tooBig);
  const estimates = works.map(({ estimate }) => estimate);
  const error = screenOf(context.stderr, context.env);
  if (options.json) {
    for (const estimate of estimates)
      context.stdout.write(`${JSON.stringify({ time: Date.now(), kind: 'estimate', ...estimate })}\n`);
  } else error.write(renderEstimates(estimates, error));

  const display = openDisplay(
    context,
    options.json,
    new Map(estimates.map(({ pool, totalMs }) => [pool, totalMs])),
  );
  const pools: Awaited[] = [];
  for (const { list, place } of works) {
    const applied = await applyPool(
      cluster.api,
      place,
      list,
      {
        priorityClass: options.priorityClass,
        namespaces: options.createNamespace,
        force: options.forceConflicts,
        onStep: (step) => {
          if (step === 'making-pods')
            display.note(list.pool.name, 'its pods first, then the images, a few nodes at a time');
        },
      },
      context.signal,
    );
    if (applied.kind === 'trouble') {
      display.close();
      return await tellTrouble(context, cluster, applied.trouble, applied.doing);
    }
    const bytes = bytesOf(list.images);
    display.note(
      list.pool.name,
      `${applied.set.name} ${applied.change} in namespace ${place.namespace}: ${sizeNote(list.images.length, bytes)}`,
    );
    pools.push({ place, target: applied.set.images, bytes });
  }
  const code = await then(cluster, pools, display);
  display.close();
  return code;
}

interface Both {
  readonly read: Pools;
  readonly cluster: Cluster;
}

/** What is wrong with files and release is told before the cluster is asked; errors are exit codes of what was told. */
async function readThenOpen(context: CliContext, options: ApplyOptions): Promise<Result<Both, ExitCode>> {
  const read = await readPools(context, options);
  if (!read.ok) return err(await tell(context, read.error));
  await tell(context, read.value.warnings);
  const cluster = await openCluster(context, options);
  return cluster.ok
    ? ok({ read: read.value, cluster: cluster.value })
    : err(await tell(context, [cluster.error]));
}

async function openThenRead(context: CliContext, options: ApplyOptions): Promise<Result<Both, ExitCode>> {
  const cluster = await openCluster(context, options);
  if (!cluster.ok) return err(await tell(context, [cluster.error]));
  const { nodePools } = await import('./prepull-pools.ts');
  const found = await nodePools(context, cluster.value);
  if (!found.ok) return found;
  const read = await readPools(context, options, found.value);
  if (!read.ok) return err(await tell(context, read.error));
  await tell(context, read.value.warnings);
  return ok({ read: read.value, cluster: cluster.value });
}

type Estimated =
  | ({ readonly ok: true } & Work)
  | { readonly ok: false; readonly trouble: Parameters<typeof tellTrouble>[2]; readonly doing: string };

/** From what the cluster says, where we may ask: its nodes, the smallest of their disks, the layers brought before. */
async function estimateWork(
  cluster: Cluster,
  list: PullList,
  place: PoolPlace,
  signal: AbortSignal,
): Promise<Estimated> {
  const placed = await readPlaced(cluster.api, place, signal);
  if (!placed.ok)
    return {
      ok: false,
      trouble: placed.trouble,
      doing: `reading DaemonSets in namespace ${place.namespace}`,
    };
  const query = nodeQuery(place);
  const nodes = await listObjects(cluster.api, { path: nodesPath, query, read: readNode }, signal);
  const disks = nodes.ok ? [...nodes.objects.values()].flatMap(({ diskBytes }) => diskBytes ?? []) : [];
  const layers = placed.set?.annotations[clusterLabels.layers];
  const estimate = estimatePool(list, {
    // An autoscaler may not have made all yet.
    nodes: nodes.ok ? Math.max(nodes.objects.size, list.pool.nodes ?? 0) || undefined : undefined,
    diskBytes: list.pool.diskBytes ?? (disks.length === 0 ? undefined : Math.min(...disks)),
    present: layers === undefined ? undefined : new Set(layers.split(' ')),
  });
  return { ok: true, list, place, estimate };
}
