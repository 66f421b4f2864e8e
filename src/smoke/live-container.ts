/**
 * A container that was started to be judged: how its start went, where it is reached, its log, its end.
 * Judges nothing and knows no profile.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';
import type { Bench, BenchContainer } from './bench.ts';
import { DiskWatch } from './disk-watch.ts';
import { once } from './once.ts';
import { patient } from '../hub/patience.ts';
import { awaitReadiness, endedAs } from './readiness.ts';
import type { Readiness, ReadinessGoal } from './readiness.ts';
import { restWithin } from './rest.ts';
import { startContainer } from './start-container.ts';
import { isStartFault, namesNoProgram } from './start-fault.ts';
import type { Versions } from './verdict.ts';
import { versionsInside } from './versions-inside.ts';

/** How a start went. `refused`: the engine could not even run the image's entry point; `programless`: it has none. */
export type Start =
  | { readonly kind: 'running' }
  | Extract<Readiness, { kind: 'ended' }>
  | { readonly kind: 'refused'; readonly message: string; readonly programless?: true };

/** The same for a server that was waited for. */
export type ServerOutcome = Readiness | Extract<Start, { kind: 'refused' }>;

export interface Ending {
  readonly durationMs: number;
  readonly exitCode: number;
  /** All of its time it did nothing and was kept from nothing: more would not have helped. */
  readonly rested?: true;
}

export interface LiveContainer<Outcome> {
  readonly engine: ContainerEngine;
  readonly containerId: string;
  /** Its address in the test's network; empty where it did not live long enough to have one. */
  readonly address: string;
  readonly outcome: Outcome;
  log(signal: AbortSignal): Promise<Result<string, EngineError>>;
  /** What is inside; undefined where it does not run, or cannot be asked. */
  versions(signal: AbortSignal): Promise<Result<Versions | undefined, EngineError>>;
  /** Ends it with SIGTERM, after 10 s (more on a busy machine) with SIGKILL; asked twice, it answers the same. */
  stop(signal: AbortSignal): Promise<Result<Ending, EngineError>>;
}

/** How long we wait for an answer; z2jh's own limit is half of that, and a slower server gets a remark. */
export const readinessBudgetMs = 60_000;
/** How long an ending may take before it counts as not ending at all; longer where the machine is busy. */
export const stopBudgetSeconds = 10;
/** Looks at what rests are that far from the beginning and the end, together. */
const unseenMs = 750;

/** What a program says of its end may be followed by a page of advice. */
const logLines = 60;
const logBytes = 64 * 1024;

/** Something to be done to a container between its making and its start. */
export type Prepare = (id: string, signal: AbortSignal) => Promise<Result<void, EngineError>>;

/** Starts a container in the test's network. Whatever the image does wrong is in the outcome. */
export async function launch(
  bench: Bench,
  network: string,
  spec: Omit<BenchContainer, 'network'>,
  signal: AbortSignal,
  prepare?: Prepare,
): Promise<Result<LiveContainer<Start>, EngineError>> {
  const { engine } = bench;
  const created = await bench.container({ ...spec, network }, signal);
  if (!created.ok) return namesNoProgram(created.error) ? ok(neverMade(engine)) : created;
  const containerId = created.value;
  const prepared = (await prepare?.(containerId, signal)) ?? ok(undefined);
  if (!prepared.ok) return prepared;
  const filledBefore = bench.filledDisk;
  const watch = filledBefore === undefined ? watchDisk(bench, containerId, spec) : undefined;
  const live = {
    engine,
    containerId,
    log: async (own: AbortSignal) => {
      const log = await engine.logs(containerId, logLines, logBytes, own);
      return log.ok ? ok(log.value + (watch?.lastWords ?? filledBefore ?? '')) : log;
    },
    versions: (own: AbortSignal) => versionsInside(engine, containerId, own),
    stop: once(async (own) => {
      const ending = await end(engine, containerId, own);
      // What has ended writes nothing any more.
      await watch?.[Symbol.asyncDispose]();
      return ending;
    }),
  };
  if (filledBefore !== undefined)
    return ok({
      ...live,
      address: '',
      outcome: { kind: 'refused', message: 'it filled the disk before, and is not started again' },
    });
  const started = await startContainer(engine, containerId, signal);
  if (!started.ok) {
    if (!isStartFault(started.error)) return started;
    return ok({ ...live, address: '', outcome: { kind: 'refused', message: started.error.message } });
  }
  const state = await engine.inspectContainer(containerId, signal);
  if (!state.ok) return state;
  const address = state.value.addresses[network] ?? '';
  if (address !== '') return ok({ ...live, address, outcome: { kind: 'running' } });
  return ok({ ...live, address, outcome: endedAs(state.value, 0) });
}

/** Stands for the container that an image without a program of its own gives. */
function neverMade(engine: ContainerEngine): LiveContainer<Start> {
  const message = 'the image has neither an ENTRYPOINT nor a CMD';
  return {
    engine,
    containerId: '',
    address: '',
    outcome: { kind: 'refused', message, programless: true },
    log: async () => ok(''),
    versions: async () => ok(undefined),
    stop: async () => ok({ durationMs: 0, exitCode: 0 }),
  };
}

function watchDisk(bench: Bench, containerId: string, { mounts }: Pick<BenchContainer, 'mounts'>): DiskWatch {
  const full = (lastWords: string): void => {
    bench.filledDisk = lastWords;
  };
  return bench.adopt(new DiskWatch(bench.engine, containerId, mounts, full));
}

/** The same, and waits until its server answers or has failed to. */
export async function launchServer(
  bench: Bench,
  network: string,
  spec: Omit<BenchContainer, 'network'>,
  goal: ReadinessGoal,
  signal: AbortSignal,
  prepare?: Prepare,
): Promise<Result<LiveContainer<ServerOutcome>, EngineError>> {
  const launched = await launch(bench, network, spec, signal, prepare);
  if (!launched.ok) return launched;
  const { outcome, ...live } = launched.value;
  if (outcome.kind !== 'running') return ok({ ...live, outcome });
  const readiness = await awaitReadiness(bench.engine, live.containerId, live.address, goal, signal);
  return readiness.ok ? ok({ ...live, outcome: readiness.value }) : readiness;
}

async function end(
  engine: ContainerEngine,
  id: string,
  signal: AbortSignal,
): Promise<Result<Ending, EngineError>> {
  const before = await engine.inspectContainer(id, signal);
  if (!before.ok) return before;
  const over = new AbortController();
  const budgetMs = stopBudgetSeconds * 1000;
  const resting = restWithin(before.value, budgetMs, AbortSignal.any([signal, over.signal]));
  const started = performance.now();
  const stopping = engine.stopContainer(id, Math.ceil(patient(stopBudgetSeconds)), signal).finally(() => {
    over.abort();
  });
  const restedMs = await resting;
  // It has had its time: what a busy machine is given beyond that is for those who work.
  const cut = restedMs >= budgetMs ? await engine.stopContainer(id, 0, signal) : ok(undefined);
  const stopped = await stopping;
  if (!stopped.ok) return stopped;
  if (!cut.ok) return cut;
  const durationMs = performance.now() - started;
  const state = await engine.inspectContainer(id, signal);
  if (!state.ok) return state;
  const rested = restedMs >= budgetMs - unseenMs ? { rested: true as const } : {};
  return ok({ durationMs, exitCode: state.value.exitCode ?? 0, ...rested });
}
