/** Clauses S20 and S20a: SIGTERM ends the server, at best within the second that KubeSpawner grants. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { stopsClause, whySlow } from '../common/stops.ts';

/** KubeSpawner's `delete_grace_period`. */
const kubeGraceMs = 1000;

export const stops: Clause<Pod> = stopsClause(
  {
    id: 'S20',
    severity: 'must',
    why: "A server that has to be killed loses what it had not written, and leaves its kernels' files behind.",
    needs: ['S1'],
  },
  { keepsQuiet: true },
);

export const stopsAtOnce: Clause<Pod> = {
  id: 'S20a',
  title: "SIGTERM ends it within KubeSpawner's grace of 1 s",
  why: 'KubeSpawner kills after one second. An idle server now and then needs longer, so this is a remark.',
  met: [],
  severity: 'should',
  tier: 'gate',
  tested: 'The time that S20 took.',
  remedy: 'Let the entry point end in `exec "$@"` with `tini --` before it, and do nothing on the way out.',
  needs: ['S20'],
  async test(pod, signal) {
    const stopped = await pod.stop(signal);
    if (!stopped.ok) return stopped;
    const evidence = [`ended after ${seconds(stopped.value.durationMs)}`];
    if (stopped.value.durationMs <= kubeGraceMs) return ok({ result: 'pass', evidence });
    const log = await pod.log(signal);
    if (!log.ok) return log;
    const hint = `slower than KubeSpawner waits; unless this machine was merely busy: ${whySlow(pod.image.stopSignal, log.value)}`;
    return ok({ result: 'fail', evidence, hint });
  },
};
