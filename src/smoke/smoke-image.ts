/**
 * The smoke test of one image: plays the scenes of its profile and puts the verdict together.
 * What is tested lies in `contract/`; which image is tested, and what its verdict means, is the caller's.
 */
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { ownerLabel } from '../core/labels.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';
import { Bench } from './bench.ts';
import { playFairly } from './contract/clause.ts';
import type { ClauseText, Cue, Scene, SceneReport } from './contract/clause.ts';
import { scenes } from './contract/profiles.ts';
import { engineReturns } from './engine-return.ts';
import { tailLines } from './evidence.ts';
import { contractVersion } from './contract-version.ts';
import { noopCommand } from './noop-command.ts';
import type { SmokeRequest } from './request.ts';
import { Solitude } from './solitude.ts';
import { refuses } from './verdict.ts';
import type { ClauseResult, Verdict } from './verdict.ts';

const logTailLines = 30;

/** All tests of this process share one machine. */
const machine = new Solitude();

/**
 * Starts the image the way it will be started in earnest, and judges it clause by clause.
 * `onClause` hears each result as it falls, `onStart` what is begun. Whatever the image does is in the verdict; an
 * error means that the engine could not be used (or `cancelled`), and says nothing of the image. An engine that
 * goes away and comes back has it judged again. Everything made in the engine is removed before this answers, unless
 * `keep` was asked for.
 */
export async function smokeImage(
  engine: ContainerEngine,
  request: SmokeRequest,
  onClause: (result: ClauseResult) => void,
  signal: AbortSignal,
  onStart: (what: string) => void = () => {},
): Promise<Result<Verdict, EngineError>> {
  const started = performance.now();
  const wants = selection(request);
  const asked = scenes[request.profile].filter((scene) => scene.clauses.some(wants));
  const left = new AbortController();
  const own = AbortSignal.any([signal, left.signal]);
  // What mostly waits does so beside all the rest, and is told at the end.
  const waiting = new Map(
    asked
      .filter(({ waits }) => waits)
      .map((scene) => [scene, perform(engine, request, scene, { wants, onClause: () => {} }, own)]),
  );
  const ends = Promise.allSettled(waiting.values());
  const reports = new Map<Scene, SceneReport>();
  try {
    for (const scene of [...asked.filter(({ waits }) => !waits), ...waiting.keys()]) {
      if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
      const teller = new Teller(onClause);
      const begun = waiting.get(scene);
      if (begun !== undefined) onStart(`waiting for ${scene.title}`);
      const cue = { wants, onStart, onClause: (result: ClauseResult) => teller.hear(result) };
      const played = await (begun ?? perform(engine, request, scene, cue, signal));
      if (!played.ok) return signal.aborted ? err({ kind: 'cancelled', message: 'cancelled' }) : played;
      teller.tellRest(played.value.clauses);
      reports.set(scene, played.value);
    }
  } finally {
    left.abort();
    await ends;
  }
  const played = asked.flatMap((scene) => reports.get(scene) ?? []);
  const clauses = played.flatMap((report) => report.clauses);
  const log = played.findLast((report) => report.log !== '')?.log ?? '';
  const versions = played.find((report) => report.versions !== undefined)?.versions;
  const noop = await lookForNoop(engine, request, signal);
  return ok({
    image: request.name,
    imageId: request.imageId,
    profile: request.profile,
    tier: request.tier ?? 'gate',
    contract: contractVersion,
    passed: !clauses.some(refuses) && !clauses.some((each) => leavesOpen(each, request)),
    clauses,
    ...(versions === undefined ? {} : { versions }),
    ...(noop === undefined ? {} : { noop }),
    logTail: tailLines(log, logTailLines),
    durationMs: performance.now() - started,
  });
}

/** Plays one scene on benches of its own, again where the engine went away meanwhile. */
async function perform(
  engine: ContainerEngine,
  request: SmokeRequest,
  scene: Scene,
  cue: Cue,
  signal: AbortSignal,
): Promise<Result<SceneReport, EngineError>> {
  const label = `${ownerLabel}=${request.runId}`;
  let tries = 0;
  const play = async (only: (clause: ClauseText) => boolean): ReturnType<Scene['play']> => {
    tries += 1;
    {
      await using bench = new Bench(engine, {
        runId: request.runId,
        image: request.name,
        keep: request.keep ?? false,
      });
      const wants = (clause: ClauseText): boolean => cue.wants(clause) && only(clause);
      const played = await scene.play(request, bench, { ...cue, wants }, signal);
      const lost = !played.ok && played.error.kind === 'unreachable' && tries <= 2;
      // What a lost engine has of this test is taken away once it is back.
      if (!lost || !(await engineReturns(engine, label, signal))) return played;
    }
    return await play(only);
  };
  return await playFairly(scene.clauses, play, machine, signal);
}

/** Nothing hangs on it: an engine that is gone by now has given its verdict. */
async function lookForNoop(
  engine: ContainerEngine,
  request: SmokeRequest,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  await using bench = new Bench(engine, { runId: request.runId, image: request.name, keep: false });
  const found = await noopCommand(bench, request.reference, signal);
  return found.ok ? found.value : undefined;
}

/** What was asked for by name and could not be judged: nothing else in the verdict may speak for it. */
function leavesOpen({ id, result }: ClauseResult, { clauses }: SmokeRequest): boolean {
  return result === 'not-run' && clauses?.includes(id) === true;
}

/** Which clauses are played: those of the tier, or those asked for by name with all that they need. */
function selection({ profile, tier = 'gate', clauses }: SmokeRequest): (clause: ClauseText) => boolean {
  if (clauses === undefined) return (clause) => tier === 'deep' || clause.tier === 'gate';
  const needed = new Set(clauses);
  // Needs point backwards within a scene, so that one pass from the end finds all of them.
  for (const { clauses: all } of scenes[profile]) {
    for (const { id, needs = [] } of all.toReversed())
      if (needed.has(id)) needs.forEach((need) => needed.add(need));
  }
  return ({ id }) => needed.has(id);
}

/** Passes results on as they fall; from one on that a second try may turn, only when it is known which of them count. */
class Teller {
  readonly #tell: (result: ClauseResult) => void;
  readonly #told = new Set<string>();
  #silent = false;

  constructor(tell: (result: ClauseResult) => void) {
    this.#tell = tell;
  }

  hear(result: ClauseResult): void {
    this.#silent ||= result.timed === true && refuses(result);
    if (this.#silent || this.#told.has(result.id)) return;
    this.#told.add(result.id);
    this.#tell(result);
  }

  tellRest(results: readonly ClauseResult[]): void {
    for (const result of results) if (!this.#told.has(result.id)) this.#tell(result);
  }
}
