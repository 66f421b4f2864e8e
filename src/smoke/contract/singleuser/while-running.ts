/**
 * What all clauses on a server's use share: one that died does not fail every clause after its death, for S27 tells of
 * it once; and a failure quotes the log's last error, which later requests would wash out of the log's end.
 */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { lastError } from '../../last-error.ts';
import { pause } from '../../pause.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';

/** The engine hears of a container's end later than those who asked something inside, which died with it. */
const newsMs = 1000;

/** The clause, whose failure counts while the container still runs. */
export function whileRunning(clause: Clause<Pod>): Clause<Pod> {
  return {
    ...clause,
    async test(pod, signal) {
      const found = await clause.test(pod, signal);
      if (!found.ok || found.value.result !== 'fail') return found;
      // One that never answered did not die meanwhile: its clauses say why it does not start.
      if (pod.outcome.kind !== 'ready' && pod.outcome.kind !== 'elsewhere') return found;
      let state = await pod.engine.inspectContainer(pod.containerId, signal);
      if (state.ok && state.value.status === 'running') {
        await pause(newsMs, signal);
        state = await pod.engine.inspectContainer(pod.containerId, signal);
      }
      if (!state.ok) return state;
      if (state.value.status === 'running') return withLastError(pod, found.value, signal);
      return ok({
        result: 'not-run',
        evidence: ['the server ended meanwhile: see S27', ...found.value.evidence],
      });
    },
  };
}

async function withLastError(
  pod: Pod,
  found: Finding,
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const log = await pod.log(signal);
  if (!log.ok) return log;
  const error = lastError(log.value);
  if (error === undefined) return ok(found);
  return ok({ ...found, evidence: [...found.evidence, `the log's last error: ${error}`] });
}
