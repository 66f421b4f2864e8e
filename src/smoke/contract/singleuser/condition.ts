/** What the clauses on the pod's conditions share: a start that failed at one of them fails that clause. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Pod } from '../../pod.ts';
import type { Finding } from '../clause.ts';
import { causeOf } from './start-cause.ts';
import type { Condition } from './start-cause.ts';

/** Judges a pod that did not come up by the cause of that; undefined for one that answers. */
export async function startedUnder(
  pod: Pod,
  condition: Condition,
  hint: string,
  signal: AbortSignal,
): Promise<Result<Finding | undefined, EngineError>> {
  if (pod.outcome.kind === 'ready' || pod.outcome.kind === 'elsewhere') return ok(undefined);
  const cause = await causeOf(pod, signal);
  if (!cause.ok) return cause;
  if (cause.value?.condition !== condition) {
    return ok({ result: 'not-run', evidence: ['the server does not start, and not for this reason'] });
  }
  return ok({ result: 'fail', evidence: ['the server does not start', cause.value.evidence], hint });
}
