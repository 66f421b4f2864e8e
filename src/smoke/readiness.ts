/**
 * Waits until a container's server answers, and tells the ways in which it may fail to apart: ended, deaf,
 * mute, listening somewhere else. It never waits beyond its budget.
 */
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ContainerState } from '../engine/container.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';
import { exchange } from '../hub/http-exchange.ts';
import type { HttpAnswer, HttpTrouble } from '../hub/http-exchange.ts';
import { listeningSockets, processorWaitMs } from './inside.ts';
import type { ListeningSocket } from './inside.ts';
import { pause } from './pause.ts';

export interface ReadinessGoal {
  readonly port: number;
  readonly path: string;
  readonly budgetMs: number;
  /** Whether this answer means "ready". */
  accepts(answer: HttpAnswer): boolean;
  /** Whether this answer, had from another port, shows that the server has settled there. */
  recognizes?(answer: HttpAnswer): boolean;
  /** How long a wrong answer of a server that is recognized by it, or one that is no HTTP, stays before it counts as its last. */
  readonly settledMs?: number;
}

export type Readiness =
  | {
      readonly kind: 'ready';
      readonly afterMs: number;
      /** How much of that it waited for a processor of this machine. */
      readonly waitedMs: number;
      readonly answer: HttpAnswer;
    }
  | {
      readonly kind: 'ended';
      readonly afterMs: number;
      readonly exitCode: number;
      readonly outOfMemory: boolean;
    }
  | {
      readonly kind: 'elsewhere';
      readonly afterMs: number;
      readonly port: number;
      readonly listening: readonly ListeningSocket[];
    }
  | {
      readonly kind: 'not-ready';
      readonly afterMs: number;
      readonly waitedMs: number;
      /** What the port said last. */
      readonly last: Result<HttpAnswer, HttpTrouble>;
      /** Undefined where it cannot be seen. */
      readonly listening: readonly ListeningSocket[] | undefined;
    };

const pollMs = 150;
const lookMs = 500;
const answerMs = 5000;
const mostWaits = 3;

/**
 * Polls until the goal is reached or cannot be reached any more; only engine trouble is an error. Time in which a
 * busy machine let the container wait for a processor does not count, up to three times the budget.
 */
export async function awaitReadiness(
  engine: ContainerEngine,
  containerId: string,
  address: string,
  goal: ReadinessGoal,
  signal: AbortSignal,
): Promise<Result<Readiness, EngineError>> {
  const started = performance.now();
  const elapsed = (): number => performance.now() - started;
  using end = endOf(engine, containerId, signal);
  let waitedMs = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let last: Result<HttpAnswer, HttpTrouble> = err({ kind: 'refused', message: 'connection refused' });
  let listening: readonly ListeningSocket[] | undefined;
  let wrong: { readonly answer: string; readonly sinceMs: number } | undefined;
  do {
    const timeoutMs = Math.max(500, Math.min(answerMs, goal.budgetMs - elapsed()));
    const asked = await exchange({ host: address, port: goal.port, path: goal.path, timeoutMs }, end.signal);
    if (asked.ok || asked.error.kind !== 'cancelled') last = asked;
    if (asked.ok && goal.accepts(asked.value)) {
      const afterMs = elapsed();
      const state = await engine.inspectContainer(containerId, signal);
      if (state.ok) waitedMs = Math.min(afterMs, await processorWaitMs(state.value));
      return ok({ kind: 'ready', afterMs, waitedMs, answer: asked.value });
    }
    const answer = wrongAnswer(asked, goal);
    if (answer !== wrong?.answer) wrong = answer === undefined ? undefined : { answer, sinceMs: elapsed() };
    if (wrong !== undefined && elapsed() - wrong.sinceMs >= (goal.settledMs ?? Number.POSITIVE_INFINITY)) {
      return ok({ kind: 'not-ready', afterMs: elapsed(), waitedMs, last, listening });
    }
    if (end.signal.aborted || elapsed() - lookedAt >= lookMs) {
      lookedAt = elapsed();
      const state = await engine.inspectContainer(containerId, signal);
      if (!state.ok) return state;
      if (state.value.status === 'exited') return ok(endedAs(state.value, elapsed()));
      // Of one that is just ending nothing is seen any more: what it waited for counts all the same.
      const waits = Math.max(waitedMs, await processorWaitMs(state.value));
      waitedMs = Math.min(elapsed(), mostWaits * goal.budgetMs, waits);
      if (!last.ok) {
        const seen = await listeningSockets(engine, state.value, signal);
        if (!seen.ok) return seen;
        listening = seen.value;
        const port = await findElsewhere(address, goal, listening ?? [], signal);
        if (port !== undefined) {
          return ok({ kind: 'elsewhere', afterMs: elapsed(), port, listening: listening ?? [] });
        }
      }
    }
    if (!(await pause(pollMs, signal))) return err({ kind: 'cancelled', message: 'cancelled' });
  } while (elapsed() - waitedMs < goal.budgetMs);
  const state = await engine.inspectContainer(containerId, signal);
  if (!state.ok) return state;
  if (state.value.status === 'exited') return ok(endedAs(state.value, elapsed()));
  return ok({ kind: 'not-ready', afterMs: elapsed(), waitedMs, last, listening });
}

/** What a server that is up answers, where that is not what is waited for; undefined where it may still be starting. */
function wrongAnswer(
  asked: Result<HttpAnswer, HttpTrouble>,
  { recognizes }: ReadinessGoal,
): string | undefined {
  if (!asked.ok) return asked.error.kind === 'garbled' ? asked.error.kind : undefined;
  return recognizes?.(asked.value) === true ? String(asked.value.status) : undefined;
}

/**
 * A signal that tells a container's end, or that `signal` has. Who asks an address that nobody has any more waits for
 * seconds until the kernel gives up. Trouble of the engine's is left to those who look at the container.
 */
function endOf(
  engine: ContainerEngine,
  containerId: string,
  signal: AbortSignal,
): { readonly signal: AbortSignal } & Disposable {
  const ended = new AbortController();
  const unwatched = new AbortController();
  const both = AbortSignal.any([signal, unwatched.signal]);
  void engine.waitContainer(containerId, both).then((end) => {
    if (end.ok) ended.abort();
  });
  return {
    signal: AbortSignal.any([signal, ended.signal]),
    [Symbol.dispose]: () => unwatched.abort(),
  };
}

/** The end that this container has come to, as it is told of servers. */
export function endedAs(state: ContainerState, afterMs: number): Extract<Readiness, { kind: 'ended' }> {
  return { kind: 'ended', afterMs, exitCode: state.exitCode ?? 0, outOfMemory: state.outOfMemory };
}

async function findElsewhere(
  address: string,
  goal: ReadinessGoal,
  listening: readonly ListeningSocket[],
  signal: AbortSignal,
): Promise<number | undefined> {
  if (goal.recognizes === undefined) return undefined;
  for (const { port, loopback } of listening) {
    if (loopback || port === goal.port) continue;
    const answered = await exchange({ host: address, port, path: goal.path, timeoutMs: 2000 }, signal);
    if (answered.ok && goal.recognizes(answered.value)) return port;
  }
  return undefined;
}
