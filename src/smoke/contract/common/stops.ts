/** A clause that every service shares: SIGTERM ends it. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import { stopBudgetSeconds } from '../../live-container.ts';
import type { LiveContainer } from '../../live-container.ts';
import type { Clause } from '../clause.ts';

/** Exit code of a process that SIGKILL ended. */
const killed = 137;

export const notPassedOn =
  'PID 1 does not pass SIGTERM on: let the entry point\'s script end in `exec "$@"`, with `tini --` before it';

export function stopsClause<Outcome>(
  id: string,
  severity: 'must' | 'should',
  why: string,
  needs: readonly string[],
): Clause<LiveContainer<Outcome>> {
  return {
    id,
    title: `SIGTERM ends it within ${stopBudgetSeconds} s`,
    why,
    severity,
    needs,
    async test(live, signal) {
      const stopped = await live.stop(signal);
      if (!stopped.ok) return stopped;
      const { durationMs, exitCode } = stopped.value;
      const evidence = [`SIGTERM: ended with exit code ${exitCode} after ${seconds(durationMs)}`];
      return ok(
        exitCode === killed ? { result: 'fail', evidence, hint: notPassedOn } : { result: 'pass', evidence },
      );
    },
  };
}
