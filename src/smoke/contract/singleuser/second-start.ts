/**
 * The start that clauses S2 and S28 share: the image once more, on the home that the first start has left. Where that
 * does not live, once more on an empty one, so that the command's fault is told from the home's. Judges nothing.
 */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt, seconds, tailLines } from '../../evidence.ts';
import { lastComplaint, lastError } from '../../last-error.ts';
import type { ServerOutcome } from '../../live-container.ts';
import type { Pod, Variation } from '../../pod.ts';
import { answersAsServer } from './s1-starts-through-entrypoint.ts';

export interface SecondStart {
  readonly onUsedHome: Pod;
  /** Only where the other did not live. */
  readonly onEmptyHome?: Pod;
}

type Command = NonNullable<Variation['cmd']>;

export const startMs = 60_000;

const starts = new WeakMap<Pod, Promise<Result<SecondStart, EngineError>>>();

/** Stops the pod and starts its image again, once: whoever asks later gets the same start, of the first one's `cmd`. */
export function secondStart(
  pod: Pod,
  cmd: Command,
  signal: AbortSignal,
): Promise<Result<SecondStart, EngineError>> {
  const known = starts.get(pod) ?? startTwice(pod, cmd, signal);
  starts.set(pod, known);
  return known;
}

async function startTwice(
  pod: Pod,
  cmd: Command,
  signal: AbortSignal,
): Promise<Result<SecondStart, EngineError>> {
  const used = await pod.startNext({ cmd, readinessBudgetMs: startMs }, signal);
  if (!used.ok) return used;
  const { kind } = used.value.outcome;
  if (kind !== 'ended' && kind !== 'not-ready') return ok({ onUsedHome: used.value });
  const empty = await startOnEmptyHome(pod, cmd, signal);
  return empty.ok ? ok({ onUsedHome: used.value, onEmptyHome: empty.value }) : empty;
}

/** The image with another command, on a home that nobody has used. */
export function startOnEmptyHome(
  pod: Pod,
  cmd: Command,
  signal: AbortSignal,
): Promise<Result<Pod, EngineError>> {
  return pod.startAgain({ cmd, readinessBudgetMs: startMs }, signal);
}

/** Whether the hub's server answers in it. */
export function lives(pod: Pod): boolean {
  return pod.outcome.kind === 'ready' && answersAsServer(pod);
}

/** How a start went, in half a sentence, with the error, or the last words, of one that ended. */
export async function tellStart(pod: Pod, signal: AbortSignal): Promise<Result<string, EngineError>> {
  const { outcome } = pod;
  if (outcome.kind === 'ready' && answersAsServer(pod)) {
    return ok(`jupyterhub-singleuser answers after ${seconds(outcome.afterMs)}`);
  }
  if (outcome.kind !== 'ended') return ok(fault(outcome));
  const log = await pod.log(signal);
  if (!log.ok) return log;
  const [lastLine] = tailLines(log.value, 1);
  const error = lastError(log.value) ?? lastComplaint(log.value) ?? lastLine;
  return ok(`${fault(outcome)}${error === undefined ? '' : `; the log: ${error}`}`);
}

function fault(outcome: ServerOutcome): string {
  switch (outcome.kind) {
    case 'ended':
      return `it ended with exit code ${outcome.exitCode}`;
    case 'ready':
      return `something else answers (${outcome.answer.status}, without X-JupyterHub-Version)`;
    case 'elsewhere':
      return `jupyterhub-singleuser answers on port ${outcome.port} instead`;
    case 'refused':
      return excerpt(outcome.message);
    case 'not-ready':
      return 'nothing answers';
    default:
      return outcome satisfies never;
  }
}
