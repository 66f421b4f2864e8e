/**
 * One run from its plan to its release: opens the journal, walks the plan, writes `release.json` where it
 * published, and tells everything as events. Prints nothing and chooses no exit code.
 */
import { randomBytes } from 'node:crypto';
import type { RegistryClient } from '../../registry/client.ts';
import type { RunEvent, RunEventBody } from '../core/event.ts';
import { contractVersion } from '../smoke/contract-version.ts';
import { mainVersions } from '../smoke/main-versions.ts';
import { profileOf } from '../smoke/profile.ts';
import type { CredentialSource, Engine } from '../engine/engine.ts';
import { describeReason } from '../key/reasons.ts';
import { publishedRepository } from '../matrix/naming.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import { tagsOf } from '../plan/image-tags.ts';
import { sweepAbandonedRuns } from './abandoned-runs.ts';
import { elapsed, realClock } from './clock.ts';
import { estimateMs } from './estimate.ts';
import { executePlan, type RunReport } from './execute-plan.ts';
import {
  composeRelease,
  isSameRelease,
  readRelease,
  releaseFile,
  writeRelease,
  type ReleaseInput,
} from './release.ts';
import { readVerdict } from './kept-verdict.ts';
import { newRunId, RunLog } from './run-log.ts';
import type { RunContext, RunOptions, RunScan, Signing } from './run-context.ts';
import { releasedScan } from './released-scan.ts';
import type { ReleasedImage } from './schema.ts';
import type { KeptVerdict } from './schema-verdict.ts';

export interface RunRequest {
  readonly drawn: DrawnPlan;
  readonly engine: Engine;
  readonly registry: RegistryClient;
  readonly credentials: CredentialSource;
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly signing?: Signing | undefined;
  readonly options: Omit<RunOptions, 'runId'>;
  /** Where what is published is scanned first. */
  readonly scan?: RunScan;
  /** The command line as typed, and our version, for the journal. */
  readonly command: readonly string[];
  readonly version: string;
  readonly onEvent: (event: RunEvent) => void;
}

/** Runs a plan. Interrupting `signal` ends it in order: what runs is cancelled, the journal is closed. */
export async function runImages(request: RunRequest, signal: AbortSignal): Promise<RunReport> {
  const started = Date.now();
  const since = realClock.now();
  const { drawn, onEvent } = request;
  const runId = newRunId(new Date(started), randomBytes(4).toString('hex'));
  const log = new RunLog(drawn.set.directory, runId);
  const emit = (body: RunEventBody): void => {
    // A machine's clock that is set in the middle of a run takes no event back.
    const event = { ...body, time: started + elapsed(realClock, since) };
    log.record(event);
    onEvent(event);
  };
  try {
    emit({ kind: 'run-started', run: runId, command: request.command, version: request.version });
    const images = drawn.plan.entries.map(({ name, action, reasons }) => ({
      name,
      action,
      reasons: reasons.map(describeReason),
    }));
    const estimate = estimateMs(drawn.plan.entries, drawn.memories, request.options.jobs);
    emit({ kind: 'plan-made', images, ...(estimate === undefined ? {} : { estimateMs: estimate }) });
    const context: RunContext = {
      ...request,
      signing: request.signing,
      emit,
      log,
      clock: realClock,
      options: { ...request.options, runId },
    };
    const [report] = await Promise.all([
      executePlan(context, signal),
      tidyUp(context, signal),
      tellDatabase(context),
    ]);
    const release = await publishRelease(context, report, new Date(started));
    emit({
      kind: 'run-finished',
      result: report.result,
      counts: report.counts,
      durationMs: elapsed(realClock, since),
      ...(release === undefined ? {} : { release }),
    });
    // Where the engine is gone, what the checks made may still be there.
    if (report.result !== 'environment') log.forgetProcess();
    return report;
  } finally {
    log.close();
  }
}

/** Removes what earlier runs left in the engine that ended without it, or were killed. */
async function tidyUp({ emit, engine, log }: RunContext, signal: AbortSignal): Promise<void> {
  const removed = await sweepAbandonedRuns(engine, log.runsFolder, signal);
  const things = removed === 1 ? 'thing' : 'things';
  if (removed > 0)
    emit({
      kind: 'remark',
      message: `removed ${removed} ${things} from the engine that a run left there which did not end in order`,
    });
}

/** Has the database brought up to date beside the builds, where anything will be scanned, and tells its age. */
async function tellDatabase(context: RunContext): Promise<void> {
  const { scan, drawn, emit } = context;
  if (scan === undefined) return;
  const { needsScan } = await import('./scan-stage.ts');
  if (!drawn.plan.entries.some((entry) => needsScan(context, entry))) return;
  const database = await scan.scanner.database();
  if (!database.ok) return;
  const { updatedAt, ageHours } = database.value;
  emit({ kind: 'scan-database', updatedAt: updatedAt.toISOString(), ageHours });
}

/** Writes the release of a run that published; answers its path, or undefined where nothing was to be published. */
async function publishRelease(
  context: RunContext,
  report: RunReport,
  created: Date,
): Promise<string | undefined> {
  const { drawn, options } = context;
  const target = drawn.set.registry;
  if (!options.push || target === undefined) return undefined;
  const earlier = await readRelease(drawn.set.directory);
  const inputs = new Map<string, ReleaseInput>();
  for (const [name, outcome] of report.outcomes) {
    const before = earlier?.images.find((image) => image.name === name);
    const lastTest = await readVerdict(drawn.set.directory, name);
    inputs.set(name, { outcome, released: releasedImage(context, report, name, before, lastTest) });
  }
  const facts = { run: options.runId, created, registry: target.prefix, naming: target.naming };
  const release = composeRelease(drawn.set, facts, inputs, earlier);
  // A run that changed nothing leaves the release as it is: whoever watches the file is not disturbed.
  if (isSameRelease(release, earlier)) return releaseFile;
  return await writeRelease(drawn.set.directory, release);
}

/** What the registry has of an image after this run, where the image is what the files say now. */
function releasedImage(
  context: RunContext,
  report: RunReport,
  name: string,
  before: ReleasedImage | undefined,
  lastTest: KeptVerdict | undefined,
): ReleasedImage | undefined {
  const { drawn } = context;
  const target = drawn.set.registry;
  const image = drawn.graph.nodes.get(name)?.image;
  const entry = drawn.plan.entries.find((candidate) => candidate.name === name);
  const published = report.published.get(name);
  const unchanged = report.outcomes.get(name)?.kind === 'reused' ? entry?.published?.digest : undefined;
  const digest = published?.digest ?? unchanged;
  if (
    target === undefined ||
    image === undefined ||
    entry === undefined ||
    digest === undefined ||
    image.kind === 'builder'
  )
    return undefined;
  const bytes = report.bytes.get(name);
  // Of the same digest the sizes are the same, though an engine may tell them otherwise than when it was built.
  const known = before?.digest === digest ? before.size : {};
  const compressed = published?.compressed ?? known.compressed;
  const unpacked = known.unpacked ?? bytes?.size;
  return {
    name,
    definition: image.definition,
    kind: image.kind,
    reference: `${publishedRepository(target, name)}@${digest}`,
    digest,
    tags: [...(published?.tags ?? tagsOf(drawn.set, name, entry.key, bytes?.created))],
    key: entry.key,
    verdict: {
      contract: contractVersion,
      profile: profileOf(image.kind),
      key: entry.verdictKey,
      ...testOf(entry.verdictKey, lastTest, before?.verdict),
    },
    size: {
      ...(compressed === undefined ? {} : { compressed }),
      ...(unpacked === undefined ? {} : { unpacked }),
    },
    ...releasedScan(published?.scan, digest, before),
    state: 'current',
  };
}

/** What the last test found, where it was a test of just this: made here, or told by whoever published it before. */
function testOf(
  verdictKey: string,
  lastTest: KeptVerdict | undefined,
  before: ReleasedImage['verdict'] | undefined,
): Partial<ReleasedImage['verdict']> {
  if (lastTest?.verdictKey === verdictKey) {
    const { verdict } = lastTest;
    const clauses = Object.fromEntries(verdict.clauses.map(({ id, result }) => [id, result]));
    return { tier: verdict.tier, clauses, versions: { ...mainVersions(verdict) } };
  }
  return before?.key === verdictKey ? before : {};
}
