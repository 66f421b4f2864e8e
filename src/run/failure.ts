/** Turns what an engine or a check answered into what a person is shown. Pure. */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { BuildFailure, EngineError } from '../engine/engine.ts';
import { cancelled, failed, type StageResult } from './run-context.ts';
import type { StaleLock } from './stale-lock.ts';

/** Where a failed build stood: its Dockerfile's name and text, and what it printed last. */
export interface BuildEvidence {
  readonly dockerfile: string;
  readonly dockerfileText: string;
  /** Folder of the build context; undefined for an empty one. */
  readonly context?: string | undefined;
  readonly tail: readonly string[];
  readonly log: string;
}

/** An engine's trouble is never the image's fault, except where the engine says plainly that it failed the request itself. */
export function engineFailure(error: EngineError, doing: string, log?: string): StageResult<never> {
  if (error.kind === 'cancelled') return cancelled;
  const gone = error.kind === 'unreachable';
  return failed({
    message: gone ? `the engine went away while ${doing}: ${error.message}` : `${doing}: ${error.message}`,
    blame: 'environment',
    ...(gone ? { endsRun: true } : {}),
    tail: [],
    ...(log === undefined ? {} : { log }),
  });
}

/** 128 and the number of SIGKILL: how a shell tells that the kernel ended what it ran. */
const killed = 137;

/** How a build that did not come to its end is shown; who is to blame decides the exit code. */
export function buildFailure(failure: BuildFailure, evidence: BuildEvidence): StageResult<never> {
  const { tail, log, dockerfile } = evidence;
  const full = fullDisk(failure, tail);
  if (full !== undefined)
    return failed({
      message: `the engine's disk is full: ${full.trim()} (${placeOf(failure, dockerfile)})`,
      blame: 'environment',
      tail,
      log,
    });
  switch (failure.kind) {
    case 'engine':
      return engineFailure(failure.error, 'building', log);
    case 'context-changed':
      return failed({
        message: `\`${failure.path}\` changed while it was being packed: ${failure.message}`,
        blame: 'image',
        tail,
        log,
      });
    case 'step-failed':
      return failed({
        message: `${endOfStep(failure)} (${placeOf(failure, dockerfile)})`,
        blame: 'image',
        ...diagnosticAt(
          evidence,
          failure.line,
          'build-step-failed',
          `\`${firstLine(failure.stepName)}\` failed${withCode(failure.exitCode)}`,
        ),
        tail,
        log,
      });
    case 'not-solvable': {
      const absent = absentSource(failure, evidence);
      if (absent !== undefined) return absent;
      return failed({
        message: firstLine(failure.message),
        blame: 'image',
        ...diagnosticAt(evidence, failure.line, 'dockerfile-not-solvable', firstLine(failure.message)),
        tail,
        log,
      });
    }
    default:
      failure satisfies never;
      throw new Error('unknown build failure');
  }
}

/** A COPY or ADD of what is not there; BuildKit says the path alone. Undefined where it failed for another reason. */
function absentSource(
  { message, line }: BuildFailure & { readonly kind: 'not-solvable' },
  evidence: BuildEvidence,
): StageResult<never> | undefined {
  const words = firstLine(message);
  const source = (/^"\/(.+)": not found$/.exec(words) ?? /^lstat \/(.+): no such file/.exec(words))?.[1];
  const text = line === undefined ? undefined : evidence.dockerfileText.split('\n')[line - 1];
  if (source === undefined || line === undefined || text === undefined) return undefined;
  const { context, dockerfile, tail, log } = evidence;
  const isOwn = !text.includes('--from=');
  const folder =
    context === undefined ? 'the build context, which is empty' : `the build context \`${context}\``;
  const told = isOwn ? `\`${source}\` is not in ${folder}` : `\`/${source}\` is not in what is copied from`;
  const help = isOwn
    ? `put it there, correct the path, or take it out of .dockerignore: what COPY names is relative to ${context === undefined ? 'the context' : `\`${context}\``}`
    : 'correct the path, or let that image or stage have it';
  const { diagnostic } = diagnosticAt(evidence, line, 'dockerfile-not-solvable', told);
  return failed({
    message: `${told} (${dockerfile}:${line})`,
    blame: 'image',
    ...(diagnostic === undefined ? {} : { diagnostic: { ...diagnostic, help } }),
    tail,
    log,
  });
}

/** A build that the network failed, and failed again: somebody has to look at the network, not at the Dockerfile. */
export function networkFailure(
  trouble: string,
  failure: BuildFailure,
  evidence: BuildEvidence,
): StageResult<never> {
  return failed({
    message: `the network failed its build twice: ${trouble.trim()} (${placeOf(failure, evidence.dockerfile)})`,
    blame: 'environment',
    tail: evidence.tail,
    log: evidence.log,
  });
}

/** A build that asked for what its lock pins and nobody has any more: the command that moves the lock mends it. */
export function staleLockFailure(
  { message, image }: StaleLock,
  failure: BuildFailure,
  evidence: BuildEvidence,
): StageResult<never> {
  const line = 'line' in failure ? failure.line : undefined;
  const place = line === undefined ? evidence.dockerfile : `${evidence.dockerfile}:${line}`;
  const { diagnostic } = diagnosticAt(evidence, line, 'stale-lock', `the lock is stale: ${message}`);
  const help = `\`build lock --update ${image}\` takes what there is now`;
  return failed({
    message: `lock is stale: ${message} (${place}); run \`build lock --update ${image}\``,
    blame: 'image',
    ...(diagnostic === undefined ? {} : { diagnostic: { ...diagnostic, help } }),
    tail: evidence.tail,
    log: evidence.log,
  });
}

/** A build that was ended because nothing was heard of it any more. */
export interface Silence {
  /** The step that was under way, as the Dockerfile has it; undefined between two of them. */
  readonly step: string | undefined;
  readonly limitMs: number;
}

/** A build that was ended for its silence, as its image’s failure. */
export function silentBuild({ step, limitMs }: Silence, evidence: BuildEvidence): StageResult<never> {
  const where = step === undefined ? evidence.dockerfile : `\`${step}\` (${evidence.dockerfile})`;
  return failed({
    message: `${where} printed nothing and made no progress for ${spoken(limitMs)}, and was ended (\`--idle-timeout\`)`,
    blame: 'image',
    tail: evidence.tail,
    log: evidence.log,
  });
}

/** Without an exit code the step never ran, and printed nothing: the engine's words are all there is. */
function endOfStep({ exitCode, message }: BuildFailure & { readonly kind: 'step-failed' }): string {
  if (exitCode === undefined) return `a step failed: ${firstLine(message)}`;
  const guess = exitCode === killed ? ', killed: as a rule it asked for more memory than there is' : '';
  return `a step ended${withCode(exitCode)}${guess}`;
}

function withCode(exitCode: number | undefined): string {
  return exitCode === undefined ? '' : ` with exit code ${exitCode}`;
}

/** The words for a disk without room, from the step or from the engine, which may fail to keep what a step wrote. */
function fullDisk(failure: BuildFailure, tail: readonly string[]): string | undefined {
  if (failure.kind === 'context-changed') return undefined;
  const message = failure.kind === 'engine' ? failure.error.message : failure.message;
  return [...tail, firstLine(message)].find((line) =>
    /no space left on device|disk quota exceeded/i.test(line),
  );
}

function placeOf(failure: BuildFailure, dockerfile: string): string {
  const line = 'line' in failure ? failure.line : undefined;
  return line === undefined ? dockerfile : `${dockerfile}:${line}`;
}

function spoken(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function diagnosticAt(
  evidence: BuildEvidence,
  line: number | undefined,
  code: string,
  message: string,
): { diagnostic?: Diagnostic } {
  const text = line === undefined ? undefined : evidence.dockerfileText.split('\n')[line - 1];
  if (line === undefined || text === undefined) return {};
  const column = text.length - text.trimStart().length + 1;
  const span = { file: evidence.dockerfile, line, column, length: Math.max(1, text.trim().length), text };
  return { diagnostic: { category: 'usage', severity: 'error', code, message, span } };
}
