/**
 * One run from its plan to its release: opens the journal, walks the plan, writes `release.json` where it
 * published, and tells everything as events. Prints nothing and chooses no exit code.
 */
import type { RegistryClient } from '../../registry/client.ts';
import type { Redactor } from '../core/redact.ts';
import type { RunEvent, RunEventBody } from '../core/event.ts';
import type { CredentialSource, Engine } from '../engine/engine.ts';
import { describeReason } from '../key/reasons.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import { newRunId, sweepAbandonedRuns } from './abandoned-runs.ts';
import { elapsed, realClock } from './clock.ts';
import { estimateMs } from './estimate.ts';
import { executePlan, type RunReport } from './execute-plan.ts';
import { RunLog } from './run-log.ts';
import type { History, RunContext, RunOptions, RunScan, Signing } from './run-context.ts';
import { SharedAnswers } from './shared-answers.ts';

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
  readonly history?: History;
  /** The command line as typed, and our version, for the journal. */
  readonly command: readonly string[];
  readonly version: string;
  readonly onEvent: (event: RunEvent) => void;
  /** Takes secrets out of whatever a run tells; the logs of builds have a mask of their own. */
  readonly redactor?: Redactor;
}

/** Runs a plan. Interrupting `signal` ends it in order: what runs is cancelled, the journal is closed. */
export async function runImages(request: RunRequest, signal: AbortSignal): Promise<RunReport> {
  const started = Date.now();
  const since = realClock.now();
  const { drawn, onEvent } = request;
  const runId = newRunId(new Date(started));
  const log = new RunLog(drawn.set.directory, runId);
  const emit = (body: RunEventBody): void => {
    // A machine's clock that is set in the middle of a run takes no event back.
    const told = request.redactor?.redactData(body) ?? body;
    const event = { ...told, time: started + elapsed(realClock, since) };
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
      answers: new SharedAnswers(),
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
    const release = await releaseOf(context, report, new Date(started), signal);
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

/** The path of the release that a run wrote; what writes one is loaded by runs that publish. */
async function releaseOf(
  context: RunContext,
  report: RunReport,
  created: Date,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!context.options.push) return undefined;
  const { publishRelease } = await import('./release-stage.ts');
  return await publishRelease(context, report, created, signal);
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
