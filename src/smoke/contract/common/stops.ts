/** A clause that every service shares: SIGTERM ends it. */
import { ok } from '../../../core/result.ts';
import { seconds } from '../../evidence.ts';
import { stopBudgetSeconds } from '../../live-container.ts';
import type { LiveContainer } from '../../live-container.ts';
import { pause } from '../../pause.ts';
import type { Clause, ClauseText } from '../clause.ts';

/**
 * Quiet before the signal. jupyter_server answers a request before it writes its log line, and a SIGTERM that falls
 * into that write is lost: the handler logs too, Python refuses to write within a write, and the server never hears
 * of the signal. That takes a request in the same moment, which a user's server that is being stopped rarely has;
 * our own last question must not be it.
 */
const quietMs = 500;

/** Exit code of a process that SIGKILL ended. */
const killed = 137;

export const notPassedOn =
  'PID 1 does not pass SIGTERM on: let the entry point\'s script end in `exec "$@"`, with `tini --` before it';

export function stopsClause<Outcome>(
  text: Pick<ClauseText, 'id' | 'severity' | 'why' | 'needs'>,
): Clause<LiveContainer<Outcome>> {
  return {
    ...text,
    title: `SIGTERM ends it within ${stopBudgetSeconds} s`,
    met: [],
    tier: 'gate',
    tested: `The container is stopped as \`docker stop --time ${stopBudgetSeconds}\` would; it must not end by SIGKILL (exit code ${killed}).`,
    remedy: 'Let the entry point end in `exec "$@"`, with `tini --` or the like as PID 1.',
    timed: true,
    async test(live, signal) {
      await pause(quietMs, signal);
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
