/**
 * What a clause of the image contract is, and how a scene (one start of an image, in one way) puts its
 * clauses to the test. The clauses themselves lie beside this file, one file each; which image is held to
 * which is said in `profiles.ts`.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import type { SmokeRequest } from '../request.ts';
import type { Solitude } from '../solitude.ts';
import { refuses } from '../verdict.ts';
import type { ClauseResult, ClauseSeverity, Tier, Versions } from '../verdict.ts';

/** What a test found. Every kind carries evidence: what was asked and what was answered, a line each. */
export type Finding =
  | { readonly result: 'pass'; readonly evidence: readonly string[] }
  | {
      readonly result: 'fail';
      readonly evidence: readonly string[];
      readonly hint: string;
      /** Of a clause that judges by the clock: it was not the clock that decided, and a second try would find the same. */
      readonly certain?: true;
    }
  /** The evidence says why: `not-applicable` to this image, or not to be judged on this machine or this time. */
  | { readonly result: 'not-applicable' | 'not-run'; readonly evidence: readonly string[] };

/** An issue in which somebody met it: `jupyterhub/jupyterhub#3007`. */
export type IssueLink = `${string}/${string}#${number}`;

/** A clause as people read it; `docs/contract.md` is made of these. */
export interface ClauseText {
  /** A capital letter for the profile, a number, and perhaps a small letter: `S20a`. Never given to another clause. */
  readonly id: string;
  /** What holds, as half a sentence; Markdown's backticks allowed. */
  readonly title: string;
  /** What a student, or an operator, meets where it does not hold. */
  readonly why: string;
  /** Who met it; empty where we know of nobody. */
  readonly met: readonly IssueLink[];
  readonly severity: ClauseSeverity;
  readonly tier: Tier;
  /** How it is tested, in plain words. */
  readonly tested: string;
  /** What to do when it fails. A finding's hint says it better where it knows the cause. */
  readonly remedy: string;
  /** Ids of clauses of its scene without which this one cannot be judged; where one did not pass, it is not run. */
  readonly needs?: readonly string[];
  /** Judges by the clock: a busy machine can fail it, so that it fails for good only when it failed twice, or for certain. */
  readonly timed?: true;
}

export interface Clause<Subject> extends ClauseText {
  /** Judges the subject. Only engine trouble is an error; whatever the image does is a finding. */
  test(subject: Subject, signal: AbortSignal): Promise<Result<Finding, EngineError>>;
}

/** The part of a subject that every scene needs: the words of the container, and what is inside, for the verdict. */
export interface Specimen {
  log(signal: AbortSignal): Promise<Result<string, EngineError>>;
  /** Undefined where nothing inside can be asked; asked right after the start, before any clause. */
  versions?(signal: AbortSignal): Promise<Result<Versions | undefined, EngineError>>;
}

export interface SceneReport {
  readonly clauses: readonly ClauseResult[];
  /** The container's last words; empty where nothing refuses the image. */
  readonly log: string;
  readonly versions?: Versions;
}

/** How a scene is played: which of its clauses are asked for, and who hears of each result as it falls. */
export interface Cue {
  wants(clause: ClauseText): boolean;
  /** What is begun now: a start, or a clause. */
  onStart?(what: string): void;
  onClause(result: ClauseResult): void;
}

/** One start of the image and the clauses judged on it, in order. It is played where one of them is asked for. */
export interface Scene {
  readonly title: string;
  readonly clauses: readonly ClauseText[];
  /** Hardly uses a processor: it is played beside the image's other scenes, from the beginning. */
  readonly waits?: true;
  play(
    request: SmokeRequest,
    bench: Bench,
    cue: Cue,
    signal: AbortSignal,
  ): Promise<Result<SceneReport, EngineError>>;
}

/**
 * Makes a scene of a way to start the image and of clauses in the order in which they are judged.
 * What `open` makes it makes on the bench, which takes it away again.
 */
export function scene<Subject extends Specimen>(
  title: string,
  open: (request: SmokeRequest, bench: Bench, signal: AbortSignal) => Promise<Result<Subject, EngineError>>,
  clauses: readonly Clause<Subject>[],
  more: Pick<Scene, 'waits'> = {},
): Scene {
  return {
    title,
    clauses,
    ...more,
    async play(request, bench, cue, signal) {
      cue.onStart?.(`starting ${title}`);
      const opened = await open(request, bench, signal);
      if (!opened.ok) return opened;
      const seen = (await opened.value.versions?.(signal)) ?? ok(undefined);
      if (!seen.ok) return seen;
      const versions = seen.value === undefined ? {} : { versions: seen.value };
      const results: ClauseResult[] = [];
      for (const clause of clauses.filter((each) => cue.wants(each))) {
        if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
        cue.onStart?.(`${clause.id} ${clause.title}`);
        const judged = await judge(clause, opened.value, results, signal);
        if (!judged.ok) return judged;
        const result = waive(judged.value, request);
        results.push(result);
        cue.onClause(result);
      }
      if (!results.some(refuses)) return ok({ clauses: results, log: '', ...versions });
      const log = await opened.value.log(signal);
      return log.ok ? ok({ clauses: results, log: log.value, ...versions }) : log;
    },
  };
}

/**
 * Plays a scene; where the clock alone refuses the image a second time, while this process tests nothing else: what
 * counts is then the second. It ends with the last clause that hangs on what the clock refused: what comes after it
 * was judged rightly. `play` is told which clauses to ask for; `clauses` are the scene's, in order.
 */
export async function playFairly(
  clauses: readonly ClauseText[],
  play: (wants: (clause: ClauseText) => boolean) => Promise<Result<SceneReport, EngineError>>,
  solitude: Solitude,
  signal: AbortSignal,
): Promise<Result<SceneReport, EngineError>> {
  const first = await solitude.beside(() => play(() => true), signal);
  if (!first.ok) return err({ kind: 'cancelled', message: 'cancelled' });
  if (!first.value.ok || !refusesByTimeAlone(first.value.value.clauses)) return first.value;
  const once = first.value.value;
  const doubtful = upToDoubt(clauses, once.clauses);
  const second = await solitude.alone(() => play(({ id }) => doubtful.has(id)), signal);
  if (!second.ok) return err({ kind: 'cancelled', message: 'cancelled' });
  if (!second.value.ok) return second.value;
  const again = second.value.value;
  const rest = once.clauses.filter(({ id }) => !doubtful.has(id));
  return ok({ ...once, ...again, clauses: [...again.clauses, ...rest] });
}

/** The ids of all clauses up to the last that was refused, or that needs one that was. */
function upToDoubt(clauses: readonly ClauseText[], results: readonly ClauseResult[]): ReadonlySet<string> {
  const doubted = new Set(results.filter(refuses).map(({ id }) => id));
  // Needs point backwards, so that one pass finds all of them.
  for (const { id, needs = [] } of clauses) if (needs.some((need) => doubted.has(need))) doubted.add(id);
  const last = clauses.findLastIndex(({ id }) => doubted.has(id));
  return new Set(clauses.slice(0, last + 1).map(({ id }) => id));
}

function refusesByTimeAlone(results: readonly ClauseResult[]): boolean {
  const refusals = results.filter(refuses);
  return refusals.length > 0 && refusals.every(({ timed }) => timed === true);
}

/** A failure that matrix.yaml allows for a time: it stays one to see, and refuses nothing. */
function waive(result: ClauseResult, { waivers = [] }: SmokeRequest): ClauseResult {
  const waiver = waivers.find(({ clause }) => clause === result.id);
  if (result.result !== 'fail' || waiver === undefined) return result;
  const { reason, until } = waiver;
  return { ...result, result: 'waived', waiver: { reason, until } };
}

async function judge<Subject>(
  clause: Clause<Subject>,
  subject: Subject,
  before: readonly ClauseResult[],
  signal: AbortSignal,
): Promise<Result<ClauseResult, EngineError>> {
  const { id, title, severity, tier } = clause;
  const started = performance.now();
  const missing = (clause.needs ?? []).filter(
    (need) => before.find((result) => result.id === need)?.result !== 'pass',
  );
  if (missing.length > 0) {
    const evidence = [`${missing.join(' and ')} did not pass`];
    return ok({ id, title, severity, tier, result: 'not-run', durationMs: 0, evidence });
  }
  const found = await clause.test(subject, signal);
  if (!found.ok) return found;
  const durationMs = performance.now() - started;
  const { certain = false, ...finding } = { certain: undefined, ...found.value };
  const timed = clause.timed === undefined || certain ? {} : { timed: clause.timed };
  return ok({ id, title, severity, tier, durationMs, ...timed, ...finding });
}
