/** Clause S19: ready within the hub's patience. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

/** z2jh's `http_timeout`. */
const hubPatienceMs = 30_000;

export const readyInTime: Clause<Pod> = {
  id: 'S19',
  title: 'answers within 30 s of its start',
  why: "z2jh gives up after `http_timeout`, 30 s unless configured otherwise. A machine under the load of a lecture's beginning is slower than this one.",
  met: ['jupyterhub/jupyterhub#3007'],
  severity: 'should',
  tier: 'gate',
  tested:
    'The time from the start of the container to the first answer, with the memory and the processors that the hub will grant.',
  remedy:
    'Do at build time what the entry point does at every start: `chown -R`, package installation, rebuilding JupyterLab.',
  needs: ['S4'],
  async test({ outcome }) {
    if (outcome.kind !== 'ready') return ok({ result: 'not-run', evidence: ['it never answered'] });
    const evidence = [`first answer after ${seconds(outcome.afterMs)}`];
    if (outcome.afterMs <= hubPatienceMs) return ok({ result: 'pass', evidence });
    const hint =
      "slower than z2jh's http_timeout of 30 s; do at build time what the entry point does at each start, or raise the timeout";
    return ok({ result: 'fail', evidence, hint });
  },
};
