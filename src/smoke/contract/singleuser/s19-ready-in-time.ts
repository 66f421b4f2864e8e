/** Clause S19: ready within the hub's patience. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import type { ServerOutcome } from '../../live-container.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';

/** z2jh's `http_timeout`. */
const hubPatienceMs = 30_000;

const slowHint =
  "slower than z2jh's http_timeout of 30 s; do at build time what the entry point does at each start, or raise the timeout";

export const readyInTime: Clause<Pod> = {
  id: 'S19',
  title: 'answers within 30 s of its start',
  why: "z2jh gives up after `http_timeout`, 30 s unless configured otherwise. A machine under the load of a lecture's beginning is slower than this one.",
  met: ['jupyterhub/jupyterhub#3007'],
  severity: 'must',
  tier: 'gate',
  tested:
    'The time from the start of the container to the first answer, with the memory and the processors that the hub will grant; time in which a busy machine let it wait for a processor does not count.',
  remedy:
    'Do at build time what the entry point does at every start: `chown -R`, package installation, rebuilding JupyterLab.',
  needs: ['S1'],
  timed: true,
  async test({ outcome }) {
    if (outcome.kind !== 'ready') return ok(withoutAnswer(outcome));
    const { afterMs, waitedMs } = outcome;
    const evidence = [`first answer after ${seconds(afterMs)}`];
    if (afterMs > hubPatienceMs && waitedMs > 0) {
      evidence.push(`this machine is busy: ${seconds(waitedMs)} of that it waited for a processor`);
    }
    if (afterMs - waitedMs <= hubPatienceMs) return ok({ result: 'pass', evidence });
    return ok({ result: 'fail', evidence, hint: slowHint });
  },
};

/** A server that runs and does not even listen has had its time; one that listens is another clause's. */
function withoutAnswer(outcome: ServerOutcome): Finding {
  if (outcome.kind !== 'not-ready' || outcome.last.ok || outcome.last.error.kind !== 'refused') {
    return { result: 'not-run', evidence: ['it never answered'] };
  }
  if ((outcome.listening ?? []).length > 0) {
    return { result: 'not-run', evidence: ['it listens, and not where it should: see S4'] };
  }
  const evidence = [`it runs, and nothing listens ${seconds(outcome.afterMs)} after the start`];
  return { result: 'fail', evidence, hint: slowHint };
}
