/** `build prepull status`, `delete` and `rbac`: what the pools of a cluster are, taking them out, and what that needs. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { statusDocument } from '../report/prepull-display.ts';
import { poolSummary, renderMissing } from '../report/prepull-status.ts';
import { signs, styleOf } from '../report/style.ts';
import { list as listObjects } from '../ship/kubernetes/watch.ts';
import { readPlaced } from '../ship/prepull/apply-pool.ts';
import { readNode, readPod } from '../ship/prepull/cluster-facts.ts';
import { nodeQuery, nodesPath, podQuery, podsPath } from '../ship/prepull/cluster-paths.ts';
import { deletePool, deletePriorityClass } from '../ship/prepull/delete-pool.ts';
import { judgePool } from '../ship/prepull/judge.ts';
import { streamText } from '../ship/prepull/manifests.ts';
import { rolesOf, type Subject } from '../ship/prepull/role.ts';
import { screenOf, type CliContext } from './context.ts';
import { bytesTold, noneApplied, openPools, tellTrouble, type ClusterOptions } from './prepull-cluster.ts';
import { namedPools, type PoolChoice } from './prepull-lists.ts';
import { tell, usage } from './tell.ts';

export interface StatusOptions extends ClusterOptions, PoolChoice {}

const everyNode = { quorum: { kind: 'share', percent: 100 }, minNodes: 1 } as const;

/** How far the nodes are at this moment. 0: all have everything; 1: some do not. */
export async function prepullStatusCommand(context: CliContext, options: StatusOptions): Promise<ExitCode> {
  const opened = await openPools(context, options);
  if (!opened.ok) return await tell(context, opened.error);
  const { cluster, places } = opened.value;
  const { api } = cluster;
  const screen = screenOf(context.stdout, context.env);
  const style = styleOf(screen.colour);
  const documents: object[] = [];
  let code: ExitCode = exitCode.ok;
  if (places.length === 0) {
    code = exitCode.imageFailed;
    if (!options.json) screen.write(`${signs.waiting} ${noneApplied(cluster, options)}\n`);
  }
  for (const place of places) {
    const { pool, namespace } = place;
    const placed = await readPlaced(api, place, context.signal);
    if (!placed.ok) {
      const doing = `reading DaemonSets in namespace ${namespace}`;
      return await tellTrouble(context, cluster, placed.trouble, doing);
    }
    if (placed.set === undefined) {
      code = exitCode.imageFailed;
      documents.push({ pool, namespace, applied: false });
      if (!options.json)
        screen.write(`${signs.waiting} ${style.bold(pool)}  nothing is applied in namespace ${namespace}\n`);
      continue;
    }
    const pods = await listObjects(
      api,
      { path: podsPath(namespace), query: podQuery(place), read: readPod },
      context.signal,
    );
    if (!pods.ok)
      return await tellTrouble(context, cluster, pods.trouble, `reading pods in namespace ${namespace}`);
    const nodes = await listObjects(
      api,
      { path: nodesPath, query: nodeQuery(place), read: readNode },
      context.signal,
    );
    const { set } = placed;
    const status = judgePool(
      {
        set,
        pods: pods.objects.values(),
        nodes: nodes.ok ? nodes.objects : undefined,
        lastErrors: new Map(),
      },
      everyNode,
    );
    const release = set.annotations['hubwright/release'];
    if (!status.enough) code = exitCode.imageFailed;
    documents.push({ pool, namespace, applied: true, release, ...statusDocument(status) });
    if (options.json) continue;
    const sign = status.enough ? style.good(signs.done) : style.warn(signs.running);
    const told = release === undefined ? '' : style.dim(`  release ${release}`);
    const bytes = bytesTold(set.annotations);
    screen.write(
      `${sign} ${style.bold(pool)}  ${poolSummary(status, bytes)}${told}\n${renderMissing(status, screen)}`,
    );
  }
  if (options.json) context.stdout.write(`${JSON.stringify(documents, null, 2)}\n`);
  return code;
}

export interface DeleteOptions extends StatusOptions {
  /** Milliseconds. */
  readonly deadline: number;
}

/** Takes the pools' DaemonSets out, and for all pools the PriorityClass that we made. Images stay on the nodes. */
export async function prepullDeleteCommand(context: CliContext, options: DeleteOptions): Promise<ExitCode> {
  const opened = await openPools(context, options);
  if (!opened.ok) return await tell(context, opened.error);
  const { cluster, places } = opened.value;
  const screen = screenOf(context.stdout, context.env);
  const say = (pool: string, end: string, text: string): void => {
    if (options.json) context.stdout.write(`${JSON.stringify({ pool, end })}\n`);
    else screen.write(`${pool}  ${text}\n`);
  };
  if (places.length === 0 && !options.json) screen.write(`${noneApplied(cluster, options)}\n`);
  for (const place of places) {
    const end = await deletePool(cluster.api, place, options.deadline, context.signal);
    switch (end.kind) {
      case 'deleted':
        say(place.pool, end.kind, 'deleted; the images stay on the nodes until kubelet needs the room');
        break;
      case 'absent':
        say(place.pool, end.kind, `there is nothing in namespace ${place.namespace}`);
        break;
      case 'pods-left':
        say(
          place.pool,
          end.kind,
          `deleted, but ${end.pods} of its pods are there still: their nodes do not answer`,
        );
        return exitCode.environment;
      case 'trouble':
        return await tellTrouble(context, cluster, end.trouble, end.doing);
      default:
        return end satisfies never;
    }
  }
  if (options.pool === undefined) await deletePriorityClass(cluster.api, context.signal);
  return exitCode.ok;
}

export interface RbacOptions extends PoolChoice {
  readonly namespace?: string;
  readonly user?: string;
  readonly group?: string;
  readonly serviceAccount?: string;
  readonly cluster: boolean;
}

/** `build prepull rbac`: asks no cluster. */
export async function prepullRbacCommand(context: CliContext, options: RbacOptions): Promise<ExitCode> {
  const pools = await namedPools(context, options);
  if (!pools.ok) return await tell(context, pools.error);
  const fallback = options.namespace ?? 'default';
  const namespaces = new Set(pools.value.map(({ namespace }) => options.namespace ?? namespace ?? fallback));
  const subject = subjectOf(options, [...namespaces][0] ?? fallback);
  if (subject === 'several')
    return await tell(context, [
      usage('several are named who shall be allowed', 'name one of `--user`, `--group`, `--service-account`'),
    ]);
  const roles = rolesOf([...namespaces], subject, options.cluster);
  context.stdout.write(streamText(roles.map((object) => ({ file: '', object }))));
  return exitCode.ok;
}

function subjectOf(
  { user, group, serviceAccount }: RbacOptions,
  namespace: string,
): Subject | undefined | 'several' {
  const named = [user, group, serviceAccount].filter((each) => each !== undefined);
  if (named.length > 1) return 'several';
  if (user !== undefined) return { kind: 'User', name: user };
  if (group !== undefined) return { kind: 'Group', name: group };
  if (serviceAccount === undefined) return undefined;
  const [first = '', second] = serviceAccount.split('/');
  return second === undefined
    ? { kind: 'ServiceAccount', name: first, namespace }
    : { kind: 'ServiceAccount', name: second, namespace: first };
}
