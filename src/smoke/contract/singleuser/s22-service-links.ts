/** Clause S22: Kubernetes' variables do no harm. */
import { ok } from '../../../core/result.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { startedUnder } from './condition.ts';

const hint =
  'something in the image takes JUPYTER_PORT for a number, and Kubernetes fills it with an address (tcp://…) where a service is called `jupyter`: let the entry point `unset JUPYTER_PORT`, or use another name';

export const bearsServiceLinks: Clause<Pod> = {
  id: 'S22',
  title: 'starts with `JUPYTER_PORT=tcp://…`, as Kubernetes sets it beside a service called `jupyter`',
  why: 'A service of that name in the namespace, and no server starts any more.',
  met: ['jupyterhub/zero-to-jupyterhub-k8s#2253', 'jupyter/docker-stacks#2106'],
  severity: 'must',
  tier: 'gate',
  tested:
    'Started with the variables that Kubernetes sets for such a service; a start that failed is tried again without.',
  remedy: 'Unset JUPYTER_PORT in the entry point where it begins with `tcp://`.',
  async test(pod, signal) {
    const start = await startedUnder(pod, 'service-links', hint, signal);
    if (!start.ok) return start;
    return ok(
      start.value ?? { result: 'pass', evidence: ['started with JUPYTER_PORT=tcp://10.96.0.17:8888'] },
    );
  },
};
