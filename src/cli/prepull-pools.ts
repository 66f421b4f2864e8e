/** Pools from the nodes that a cluster has: `build prepull generate --from-cluster` writes them for matrix.yaml. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Cluster } from '../ship/kubernetes/connect.ts';
import { list } from '../ship/kubernetes/watch.ts';
import { nodesPath } from '../ship/prepull/cluster-paths.ts';
import { findPools, poolsText, readPoolNode, type FoundPool } from '../ship/prepull/found-pools.ts';
import type { CliContext } from './context.ts';
import { openCluster, tellTrouble, type ClusterOptions } from './prepull-cluster.ts';
import { tell } from './tell.ts';

/** Writes the block to stdout; nothing is changed, here or in the cluster. */
export async function prepullPoolsCommand(
  context: CliContext,
  options: Omit<ClusterOptions, 'json'>,
): Promise<ExitCode> {
  const opened = await openCluster(context, { ...options, json: false });
  if (!opened.ok) return await tell(context, [opened.error]);
  const cluster = opened.value;
  const pools = await nodePools(context, cluster);
  if (!pools.ok) return pools.error;
  context.stdout.write(poolsText(pools.value));
  return exitCode.ok;
}

/** The pools that a cluster's nodes make; what is wrong has been told, and its exit code is the error. */
export async function nodePools(
  context: CliContext,
  cluster: Cluster,
): Promise<Result<readonly FoundPool[], ExitCode>> {
  const nodes = await list(cluster.api, { path: nodesPath, read: readPoolNode }, context.signal);
  if (!nodes.ok) return err(await tellTrouble(context, cluster, nodes.trouble, 'reading nodes'));
  const pools = findPools([...nodes.objects.values()]);
  if (pools.length > 0) return ok(pools);
  return err(
    await tell(context, [
      {
        category: 'environment',
        severity: 'error',
        code: 'no-user-nodes',
        message: `the cluster at ${cluster.api.server} has no node for users (it has ${nodes.objects.size} in all)`,
        help: 'they are those labelled `hub.jupyter.org/node-purpose: user`, else all but the control plane; an autoscaler may have taken them away: ask again when one is there',
      },
    ]),
  );
}
