/** The images of users' pods, asked of the cluster in which a zero-to-jupyterhub chart starts them. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { userKey } from './choose-servers.ts';

export interface ClusterAddress {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly namespace: string;
}

/** KubeSpawner's own marks. */
const podSelector = 'component=singleuser-server';
const annotations = { user: 'hub.jupyter.org/username', server: 'hub.jupyter.org/servername' } as const;

const pageSize = 500;

/** The images of each server's containers, sidecars and init containers among them, by `userKey`. */
export async function imagesOfPods(
  { kubeconfig, context, namespace }: ClusterAddress,
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, readonly string[]>, Diagnostic>> {
  const { KubeConfig, CoreV1Api } = await import('@kubernetes/client-node');
  const images = new Map<string, readonly string[]>();
  try {
    const config = new KubeConfig();
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
    const api = config.makeApiClient(CoreV1Api);
    for (let next: string | undefined; ;) {
      signal.throwIfAborted();
      const page = await api.listNamespacedPod({
        namespace,
        labelSelector: podSelector,
        limit: pageSize,
        ...(next === undefined ? {} : { _continue: next }),
      });
      for (const { metadata, spec } of page.items) {
        const { [annotations.user]: user, [annotations.server]: server = '' } = metadata?.annotations ?? {};
        if (user === undefined) continue;
        const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
        images.set(
          userKey(user, server),
          containers.flatMap(({ image }) => image ?? []),
        );
      }
      next = page.metadata?._continue;
      if (next === undefined || next === '') return ok(images);
    }
  } catch (error) {
    signal.throwIfAborted();
    return err(clusterTrouble(error, namespace));
  }
}

function clusterTrouble(error: unknown, namespace: string): Diagnostic {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const isForbidden = code === 401 || code === 403;
  return {
    category: 'environment',
    severity: 'error',
    code: isForbidden ? 'cluster-forbids' : 'cluster-unreachable',
    message: isForbidden
      ? `the cluster does not allow to list pods in \`${namespace}\``
      : `the pods of \`${namespace}\` cannot be listed: ${message}`,
    help: isForbidden
      ? 'a Role with `list` on `pods` in that namespace'
      : '`kubectl config get-contexts` shows what there is; without `--namespace` no cluster is asked',
  };
}
