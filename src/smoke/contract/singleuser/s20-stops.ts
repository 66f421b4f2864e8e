/** Clauses S20 and S20a: SIGTERM ends the server, at best within the second that KubeSpawner grants. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import { stopBudgetSeconds } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

/** Exit code of a process that SIGKILL ended. */
const killed = 137;
/** KubeSpawner's `delete_grace_period`. */
const kubeGraceMs = 1000;

const hint =
  'PID 1 does not pass SIGTERM on: let the entry point\'s script end in `exec "$@"`, with `tini --` before it';

export const stops: Clause<Pod> = {
  id: 'S20',
  title: `SIGTERM ends it within ${stopBudgetSeconds} s`,
  why: "A server that has to be killed loses what it had not written, and leaves its kernels' files behind.",
  severity: 'must',
  needs: ['S1'],
  async test(pod, signal) {
    const stopped = await pod.stop(signal);
    if (!stopped.ok) return stopped;
    const { durationMs, exitCode } = stopped.value;
    const evidence = [`SIGTERM: ended with exit code ${exitCode} after ${seconds(durationMs)}`];
    return ok(exitCode === killed ? { result: 'fail', evidence, hint } : { result: 'pass', evidence });
  },
};

export const stopsAtOnce: Clause<Pod> = {
  id: 'S20a',
  title: "SIGTERM ends it within KubeSpawner's grace of 1 s",
  why: 'KubeSpawner kills after one second. An idle server now and then needs longer, so this is a remark.',
  severity: 'should',
  needs: ['S20'],
  async test(pod, signal) {
    const stopped = await pod.stop(signal);
    if (!stopped.ok) return stopped;
    const { durationMs } = stopped.value;
    const evidence = [`ended after ${seconds(durationMs)}`];
    return ok(durationMs <= kubeGraceMs ? { result: 'pass', evidence } : { result: 'fail', evidence, hint });
  },
};
