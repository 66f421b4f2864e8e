/** A clause that every service shares: SIGTERM ends it. */
import { constants } from 'node:os';
import { ok } from '../../../core/result.ts';
import { excerpt, seconds } from '../../evidence.ts';
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

const notPassedOn =
  'PID 1 does not pass SIGTERM on: let the entry point\'s script end in `exec "$@"`, with `tini --` before it';

const heardOf =
  /received signal|received SIGTERM|caught SIGTERM|SIGTERM received|normal shutdown|shutting down/i;

/** A Jupyter server that comes up after it was told to end. */
const startedAgain = /received signal \d+, stopping[\s\S]*\bServing notebooks from\b/;

/** Why it did not end in time, by what the image asks for and what its log says. */
export function whySlow(stopSignal: string, log: string): string {
  if (!/^(SIG)?(TERM|15)?$/i.test(stopSignal)) {
    return `STOPSIGNAL asks for ${excerpt(stopSignal, 20)} in the place of SIGTERM, and that does not end it in order: take the line out of the Dockerfile`;
  }
  if (startedAgain.test(log)) {
    return 'it heard the signal, ended, and was started again: the entry point, or a supervisor in it, restarts what ends, and does not end itself on SIGTERM. Leave restarting to the hub, and let the script end in `exec "$@"`';
  }
  if (heardOf.test(log)) {
    return `it heard the signal and took its time: look for what it does on the way out (a trap in the entry point, \`atexit\`, a server extension that copies or uploads)`;
  }
  return notPassedOn;
}

/** Whether what STOPSIGNAL asks for killed it as a signal does that nobody handles; SIGTERM itself may. */
export function diedOf(stopSignal: string, exitCode: number): boolean {
  const asked = stopSignal.toUpperCase();
  const name = asked.startsWith('SIG') ? asked : `SIG${asked}`;
  const number =
    Object.entries(constants.signals).find(([known]) => known === name)?.[1] ?? Number(stopSignal);
  const mayKill: readonly number[] = [constants.signals.SIGTERM, constants.signals.SIGINT];
  return number > 0 && exitCode === 128 + number && !mayKill.includes(number);
}

/**
 * The clause that SIGTERM ends the container in time; `text` says why that matters for its profile. `keepsQuiet`: the
 * subject's own `stop` does, and need not be waited for twice.
 */
export function stopsClause<Outcome>(
  text: Pick<ClauseText, 'id' | 'severity' | 'why' | 'needs'>,
  { keepsQuiet = false }: { readonly keepsQuiet?: boolean } = {},
): Clause<LiveContainer<Outcome>> {
  return {
    ...text,
    title: `SIGTERM ends it within ${stopBudgetSeconds} s`,
    met: [],
    tier: 'gate',
    tested: `The container is stopped as \`docker stop --time ${stopBudgetSeconds}\` would; it must not end by SIGKILL (exit code ${killed}), nor by another signal that STOPSIGNAL asks for and nobody handles. On a busy machine it gets more time where it works, or waits for a processor.`,
    remedy: 'Let the entry point end in `exec "$@"`, with `tini --` or the like as PID 1.',
    timed: true,
    async test(live, signal) {
      if (!keepsQuiet) await pause(quietMs, signal);
      const stopped = await live.stop(signal);
      if (!stopped.ok) return stopped;
      const { durationMs, exitCode, rested } = stopped.value;
      const evidence = [`SIGTERM: ended with exit code ${exitCode} after ${seconds(durationMs)}`];
      // Whatever a signal ended has a code above 128.
      if (exitCode < 128) return ok({ result: 'pass', evidence });
      const [state, log] = await Promise.all([
        live.engine.inspectContainer(live.containerId, signal),
        live.log(signal),
      ]);
      if (!state.ok) return state;
      if (!log.ok) return log;
      const { stopSignal } = state.value.config;
      const died = diedOf(stopSignal, exitCode);
      if (exitCode !== killed && !died) return ok({ result: 'pass', evidence });
      const hint = whySlow(stopSignal, log.value);
      if (rested) evidence.push('it did nothing meanwhile, and this machine kept it from nothing');
      return ok({ result: 'fail', evidence, hint, ...(rested || died ? { certain: true } : {}) });
    },
  };
}
