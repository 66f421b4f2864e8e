/** What all pods of a cluster run, as a source that names deployed images. Asks, and judges nothing. */
import type { Diagnostic } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { Cluster } from '../kubernetes/connect.ts';
import { podListSchema } from '../kubernetes/schema.ts';
import { apiDiagnostic } from '../kubernetes/trouble.ts';
import type { DeployedSource } from './expired-images.ts';

const pageSize = '500';

/** The images of every pod in every namespace, as the pods name them and as the nodes have them. */
export async function readDeployedPods(
  { api }: Cluster,
  signal: AbortSignal,
): Promise<Result<DeployedSource, Diagnostic>> {
  const images: string[] = [];
  for (let next: string | undefined; ;) {
    const query = { limit: pageSize, ...(next === undefined ? {} : { continue: next }) };
    const answer = await api.request({ method: 'GET', path: '/api/v1/pods', query }, signal);
    if (!answer.ok) {
      const told = apiDiagnostic(answer.trouble, 'reading the pods of all namespaces', api.server);
      return err(told ?? { ...unreadable, message: 'interrupted while the cluster was read' });
    }
    const page = podListSchema.safeParse(answer.body).data;
    if (page === undefined) return err(unreadable);
    images.push(...page.items.flatMap(imagesOfPod));
    next = page.metadata?.continue;
    if (next === undefined || next === '')
      return ok({ name: `the cluster at ${api.server}`, text: images.join('\n') });
  }
}

const unreadable: Diagnostic = {
  category: 'environment',
  severity: 'error',
  code: 'cluster-unreadable',
  message: 'the cluster’s list of pods cannot be read',
};

type Pod = NonNullable<ReturnType<typeof podListSchema.safeParse>['data']>['items'][number];

function imagesOfPod({ spec, status }: Pod): readonly string[] {
  const named = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(
    ({ image }) => image ?? '',
  );
  const had = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return [...named, ...had.map(({ imageID }) => imageID ?? '')];
}
