/** `build prepull generate --from-cluster`: a `pools:` block for matrix.yaml, from the nodes that a cluster has. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { list } from '../ship/kubernetes/watch.ts';
import { nodesPath } from '../ship/prepull/cluster-paths.ts';
import { findPools, poolsText, readPoolNode } from '../ship/prepull/found-pools.ts';
import { screenOf, type CliContext } from './context.ts';
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
  const nodes = await list(cluster.api, { path: nodesPath, read: readPoolNode }, context.signal);
  if (!nodes.ok) return await tellTrouble(context, cluster, nodes.trouble, 'reading nodes');
  const pools = findPools([...nodes.objects.values()]);
  if (pools.length === 0) {
    return await tell(context, [
      {
        category: 'environment',
        severity: 'error',
        code: 'no-user-nodes',
        message: `the cluster at ${cluster.api.server} has no node for users (it has ${nodes.objects.size} in all)`,
        help: 'they are those labelled `hub.jupyter.org/node-purpose: user`, else all but the control plane; an autoscaler may have taken them away: ask again when one is there',
      },
    ]);
  }
  screenOf(context.stdout, context.env).write(poolsText(pools));
  return exitCode.ok;
}
