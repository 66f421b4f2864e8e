/** What every profile says first: the container was started and lives. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import { excerpt, seconds, tailLines } from '../../evidence.ts';
import { hintForEnding } from '../../hints.ts';
import { earlierError, lastComplaint, lastError } from '../../last-error.ts';
import type { LiveContainer, ServerOutcome, Start } from '../../live-container.ts';
import type { Clause, ClauseText, Finding } from '../clause.ts';

/** The failure of a container that was refused or has ended; undefined for one that lives. */
export async function startFailure(
  live: LiveContainer<ServerOutcome | Start>,
  asked: string,
  signal: AbortSignal,
): Promise<Result<Finding | undefined, EngineError>> {
  const { outcome } = live;
  if (outcome.kind === 'refused') {
    const { message } = outcome;
    const hint = hintForEnding({ exitCode: undefined, outOfMemory: false, words: message });
    return ok({ result: 'fail', evidence: [asked, excerpt(message)], hint });
  }
  if (outcome.kind !== 'ended') return ok(undefined);
  const log = await live.log(signal);
  if (!log.ok) return log;
  const { exitCode, outOfMemory, afterMs } = outcome;
  const ended = `ended with exit code ${exitCode} after ${seconds(afterMs)}, before it answered`;
  const state = await live.engine.inspectContainer(live.containerId, signal);
  if (!state.ok) return state;
  const { entrypoint, cmd } = state.value.config;
  const withoutCommand = entrypoint.length > 0 && cmd.length === 0;
  const hint = hintForEnding({ exitCode, outOfMemory, words: log.value, withoutCommand });
  const [earlier, error] = [earlierError(log.value), lastError(log.value)];
  const evidence = [
    asked,
    ended,
    ...(earlier === undefined ? [] : [`an error before: ${earlier}`]),
    ...(error === undefined ? lastWords(log.value) : [`the log's last error: ${error}`]),
  ];
  return ok({ result: 'fail', evidence, hint });
}

/** What a program says at its end that calls nothing an error. */
function lastWords(log: string): readonly string[] {
  const complaint = lastComplaint(log);
  if (complaint !== undefined) return [`the log's last complaint: ${complaint}`];
  return tailLines(log, 1).map((line) => `the log's last words: ${excerpt(line)}`);
}

/** A clause that holds a profile's container to nothing more than that. */
export function startsClause({
  asked,
  ...text
}: Pick<ClauseText, 'id' | 'why'> & { readonly asked: string }): Clause<
  LiveContainer<ServerOutcome | Start>
> {
  return {
    ...text,
    title: `starts and stays up: ${asked}`,
    met: [],
    severity: 'must',
    tier: 'gate',
    tested: `The container is started in this way (${asked}); it has to run until its server answers.`,
    remedy:
      'The end of the log tells why it ended; most often a file, a permission or a variable is missing.',
    async test(live, signal) {
      const failure = await startFailure(live, asked, signal);
      if (!failure.ok) return failure;
      return ok(failure.value ?? { result: 'pass', evidence: [asked, 'it runs'] });
    },
  };
}
