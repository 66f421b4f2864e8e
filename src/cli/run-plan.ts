/** From a family to a run that a person can follow: what `build images` and `build registry start` have in common. */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Result } from '../core/result.ts';
import { drawPlan, type DrawnPlan, type Family } from '../plan/draw-plan.ts';
import type { PlanMode } from '../plan/make-plan.ts';
import { jsonReporter } from '../report/json.ts';
import { plainReporter } from '../report/plain.ts';
import type { Reporter } from '../report/reporter.ts';
import { usualJobs } from '../run/estimate.ts';
import type { RunReport } from '../run/execute-plan.ts';
import { openHistory } from '../run/history.ts';
import type { Signing } from '../run/run-context.ts';
import { screenOf, type CliContext } from './context.ts';
import type { RunScan } from '../run/run-context.ts';
import { scanKeyOption, type ScanPolicyOfDay } from '../run/scan-policy.ts';
import { contractOf, deepContractOf } from '../run/smoke-contract.ts';
import type { Tier } from '../smoke/verdict.ts';
import type { Workplace } from './workplace.ts';

export interface DrawRequest {
  readonly names: readonly string[];
  readonly mode: PlanMode;
  /** How far images are to be checked; the gate unless told otherwise. */
  readonly tier?: Tier;
  /** Where what is published was to be scanned: asked of the registry's record. */
  readonly scanPolicy?: ScanPolicyOfDay;
  /** Roots that no registry answers for may be made on the spot. */
  readonly setup: boolean;
}

/** The plan; a root that no registry answers for is made on the spot where that is allowed. */
export async function draw(
  context: CliContext,
  { engine, registry }: Workplace,
  family: Family,
  { names, mode, tier, scanPolicy, setup }: DrawRequest,
): Promise<Result<DrawnPlan, readonly Diagnostic[]>> {
  const attempt = (): Promise<Result<DrawnPlan, readonly Diagnostic[]>> =>
    drawPlan(
      family,
      engine,
      registry,
      {
        names,
        mode,
        contractOf: tier === 'deep' ? deepContractOf : contractOf,
        environment: context.env,
        ...scanKeyOption(scanPolicy),
        whileAsked: () => loadAhead(mode),
      },
      context.signal,
    );
  const drawn = await attempt();
  if (drawn.ok || !setup || !drawn.error.some(({ code }) => code === 'root-unresolved')) return drawn;
  const { makeMissingRoots } = await import('./set-up.ts');
  const made = await makeMissingRoots(context, engine, family, drawn.error);
  return made.ok ? await attempt() : made;
}

/** Loads what walks the plan while a registry is waited for. A module that cannot be loaded is told where it is used. */
function loadAhead({ push }: PlanMode): void {
  void Promise.allSettled([import('../run/run-images.ts'), ...(push ? publishing() : [])]);
}

function publishing(): readonly Promise<unknown>[] {
  return [
    import('../run/publish-stage.ts'),
    import('../run/keep-inputs.ts'),
    import('../run/published-parent.ts'),
  ];
}

export interface RunPlanOptions {
  readonly jobs: number | undefined;
  readonly idleTimeoutMs?: number;
  readonly tier?: Tier;
  readonly failFast: boolean;
  readonly noCache: boolean;
  readonly force: boolean;
  readonly push: boolean;
  readonly until?: 'built' | 'checked';
  readonly json: boolean;
  readonly verbose: boolean;
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly signing?: Signing | undefined;
  /** Where what is published is scanned first. */
  readonly scan?: RunScan;
}

/** Longer than any step that works is silent, short enough that a hanging one does not cost the night. */
const defaultIdleTimeoutMs = 20 * 60_000;

/** Walks a plan under the display that fits the terminal. */
export async function runPlan(
  context: CliContext,
  workplace: Workplace,
  drawn: DrawnPlan,
  options: RunPlanOptions,
): Promise<RunReport> {
  const reporter = await chooseReporter(context, options);
  const { engine, registry, credentials } = workplace;
  const { secrets, failFast, noCache, force, push } = options;
  try {
    const { runImages } = await import('../run/run-images.ts');
    return await runImages(
      {
        drawn,
        engine,
        registry,
        credentials,
        secrets,
        signing: options.signing,
        ...(options.scan === undefined ? {} : { scan: options.scan }),
        options: {
          jobs: options.jobs ?? usualJobs(drawn.info.cpus),
          checks: drawn.info.cpus,
          idleTimeoutMs: options.idleTimeoutMs ?? defaultIdleTimeoutMs,
          tier: options.tier ?? 'gate',
          failFast,
          noCache,
          force,
          push,
          ...(options.until === undefined ? {} : { until: options.until }),
        },
        command: context.args,
        version: context.version,
        history: openHistory(drawn.set.directory, context.env, context.signal),
        onEvent: (event) => reporter.event(event),
        redactor: context.secrets,
      },
      context.signal,
    );
  } finally {
    reporter.close();
  }
}

/** Lines of a pipe are not cut, but diagnostics within them are laid out for this width. */
const pipeWidth = 120;

async function chooseReporter(
  context: CliContext,
  options: { readonly json: boolean; readonly verbose: boolean },
): Promise<Reporter> {
  if (options.json) return jsonReporter((text) => void context.stdout.write(text));
  const screen = screenOf(context.stderr, context.env);
  const isCi = (context.env['CI'] ?? '') !== '';
  if (screen.isTerminal && !isCi && !options.verbose) {
    // The live display alone needs its libraries.
    const { liveReporter } = await import('../report/live.ts');
    return liveReporter(context.stderr, { colour: screen.colour });
  }
  return plainReporter(screen.write, {
    colour: screen.colour,
    width: screen.width || pipeWidth,
    ...(screen.width === 0 ? { wholeLines: true } : {}),
    verbose: options.verbose,
  });
}
