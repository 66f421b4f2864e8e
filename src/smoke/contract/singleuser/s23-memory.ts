/** Clause S23: the server lives within the memory that the hub grants. */
import { ok } from '../../../core/result.ts';
import { memoryKills } from '../../inside.ts';
import { insideReport } from '../../inside-report.ts';
import { defaultMemory } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';
import { startedUnder } from './condition.ts';

const answerMs = 30_000;
const startHint =
  'the start needs more memory than the hub will grant: raise `resources.memory` in matrix.yaml (and the memory limit in z2jh), or make the start leaner';

const useHint =
  'one kernel is already more than the hub will grant: raise `resources.memory` in matrix.yaml (and the memory limit in z2jh), or import less when a kernel starts (ipython_config.py, sitecustomize, server extensions)';

export const livesWithinMemory: Clause<Pod> = {
  id: 'S23',
  title: 'starts and runs a kernel within the memory that the hub grants',
  why: 'MEM_LIMIT is information; the limit itself is enforced by killing.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    'Started under the memory of its definition, else 1 GiB, and asked whether anything in it was killed for want of memory.',
  remedy: 'Raise `resources.memory`, or start less.',
  async test(pod, signal) {
    const start = await startedUnder(pod, 'memory', startHint, signal);
    if (!start.ok) return start;
    if (start.value !== undefined) return ok(start.value);
    const granted = megabytes(pod.request.resources.memory ?? defaultMemory);
    const report = (await insideReport(pod, answerMs, signal))?.report;
    const state = await pod.engine.inspectContainer(pod.containerId, signal);
    if (!state.ok) return state;
    const used =
      report?.memory === undefined ? 'what it uses cannot be seen' : `uses ${megabytes(report.memory)}`;
    const evidence = [`granted ${granted}, ${used} with one kernel`];
    // A kernel that was killed tells nothing any more.
    const kills = Math.max(report?.memoryKills ?? 0, await memoryKills(state.value));
    if (!state.value.outOfMemory && kills === 0) return ok({ result: 'pass', evidence });
    return ok({
      result: 'fail',
      evidence: [...evidence, 'a process in it was killed for want of memory'],
      hint: useHint,
    });
  },
};

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
