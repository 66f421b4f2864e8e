/** `build images`: brings the family's images up to date: builds, checks and, where asked, publishes them. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { RunResult } from '../core/event.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { ok, type Result } from '../core/result.ts';
import { selectImages } from '../graph/select-images.ts';
import type { DrawnPlan, Family } from '../plan/draw-plan.ts';
import type { RunScan, Signing } from '../run/run-context.ts';
import { scanPolicyOf, type ScanPolicyOfDay } from '../run/scan-policy.ts';
import type { ScanQuestion } from '../run/scan-stage.ts';
import type { Scanner } from '../scan/scanner.ts';
import { screenOf, type CliContext } from './context.ts';
import { openRepository } from './open-repository.ts';
import { draw, runPlan } from './run-plan.ts';
import { tell } from './tell.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface ImagesOptions {
  readonly directory?: string;
  readonly changed: boolean;
  readonly force: boolean;
  /** commander's form of --no-cache. */
  readonly cache: boolean;
  readonly push: boolean;
  readonly jobs?: number;
  /** Milliseconds. */
  readonly idleTimeout?: number;
  readonly failFast: boolean;
  readonly deep: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly setup: boolean;
  readonly yes: boolean;
  readonly ca?: string;
}

/** The exit code that a run's result asks for. */
export const exitCodeOfRun: Readonly<Record<RunResult, ExitCode>> = {
  success: exitCode.ok,
  failure: exitCode.imageFailed,
  environment: exitCode.environment,
  interrupted: exitCode.interrupted,
};

/** `opened`: what was opened for it already, and is closed at its end. */
export async function imagesCommand(
  context: CliContext,
  names: readonly string[],
  options: ImagesOptions,
  opened?: Workplace,
): Promise<ExitCode> {
  // With --setup there may be no engine yet.
  await using workplace = opened ?? openWorkplace(context, { askAhead: !options.setup });
  // What the user got wrong is told before anything is installed or started, and whatever the engine says.
  const repository = await openRepository(context, options);
  if (!repository.ok) return await tell(context, repository.error);
  const { family: asRead, secrets } = repository.value;
  const chosen = selectImages(asRead.set, asRead.graph, names);
  if (!chosen.ok) return await tell(context, chosen.error);

  if (options.setup) {
    const { setUpMachine } = await import('./set-up.ts');
    const prepared = await setUpMachine(context, workplace.engine, {
      yes: options.yes,
      tests: false,
      family: asRead,
      scanning: options.push && asRead.set.scan !== undefined,
    });
    if (prepared !== exitCode.ok) return prepared;
  }
  const family = await registryFor(context, workplace, asRead, options, secrets);
  if (!family.ok) return await tell(context, family.error);

  const { changed, force, push, setup } = options;
  // Scanned is what is to be published; a build for oneself waits for no scanner.
  const reading = push ? await scanPolicyOf(family.value.set, new Date()) : ok(undefined);
  if (!reading.ok) return await tell(context, reading.error);
  const policy = reading.value?.policy;
  const scannerOpened =
    policy === undefined || options.dryRun ? ok(undefined) : await scannerFor(context, workplace, policy);
  if (!scannerOpened.ok) return await tell(context, scannerOpened.error);
  await using scanner = scannerOpened.value;
  const tier = options.deep ? 'deep' : 'gate';
  const drawn = await draw(context, workplace, family.value, {
    names,
    mode: { changed, force, push },
    tier,
    setup,
    ...(policy === undefined ? {} : { scanPolicy: policy }),
  });
  if (!drawn.ok) return await tell(context, drawn.error);
  await tell(context, [...drawn.value.warnings, ...(reading.value?.warnings ?? [])]);
  if (push) {
    const { takenTags } = await import('../plan/taken-tags.ts');
    const taken = await takenTags(drawn.value, workplace.registry, 'error', context.signal);
    if (!taken.ok) return await tell(context, [taken.error]);
    if (taken.value.length > 0) return await tell(context, taken.value);
  }
  if (options.dryRun) {
    const { renderPlanTree } = await import('../report/plan-tree.ts');
    const screen = screenOf(context.stdout, context.env);
    screen.write(await renderPlanTree(drawn.value.plan, screen));
    return exitCode.ok;
  }
  if (drawn.value.plan.entries.some(({ action }) => action === 'build')) {
    const { lackOfSpace } = await import('../run/disk-preflight.ts');
    const lack = await lackOfSpace(drawn.value);
    if (lack !== undefined) return await tell(context, [lack]);
  }
  const scan = policy === undefined || scanner === undefined ? undefined : { scanner, policy };
  if (scan !== undefined) {
    const lacks = await scanTrouble(context, { scan, drawn: drawn.value, options: { push, force } });
    if (context.signal.aborted) return exitCode.interrupted;
    if (lacks.length > 0) return await tell(context, lacks);
  }
  const signing = push ? await signingOf(context, drawn.value) : ok(undefined);
  if (!signing.ok) return await tell(context, [signing.error]);
  const { jobs, idleTimeout, failFast, cache, json, verbose } = options;
  const report = await runPlan(context, workplace, drawn.value, {
    jobs,
    ...(idleTimeout === undefined ? {} : { idleTimeoutMs: idleTimeout }),
    tier,
    failFast,
    force,
    push,
    json,
    verbose,
    noCache: !cache,
    secrets,
    signing: signing.value,
    ...(scan === undefined ? {} : { scan }),
  });
  return exitCodeOfRun[report.result];
}

/** With what the run signs, where it will publish something; most families load nothing of it. */
async function signingOf(
  context: CliContext,
  drawn: DrawnPlan,
): Promise<Result<Signing | undefined, Diagnostic>> {
  const publishes = drawn.plan.entries.some(({ action }) => action !== 'reuse');
  if (drawn.set.sign === undefined || !publishes) return ok(undefined);
  const { openSigning } = await import('./open-signing.ts');
  return await openSigning(context, drawn);
}

async function scannerFor(
  context: CliContext,
  workplace: Workplace,
  { settings }: ScanPolicyOfDay,
): Promise<Result<Scanner, readonly Diagnostic[]>> {
  const { openScanner } = await import('./open-scanner.ts');
  return await openScanner(context, workplace, settings);
}

/** What keeps from scanning; nothing is asked where nothing is to be scanned. */
async function scanTrouble(
  { signal }: CliContext,
  question: ScanQuestion & { readonly scan: RunScan },
): Promise<readonly Diagnostic[]> {
  const { needsScan } = await import('../run/scan-stage.ts');
  if (!question.drawn.plan.entries.some((entry) => needsScan(question, entry))) return [];
  const { databaseTrouble } = await import('./open-scanner.ts');
  return await databaseTrouble(question.scan, signal);
}

/** Where the run publishes. Without `--push` nothing is asked, and nothing loaded to ask with. */
async function registryFor(
  context: CliContext,
  workplace: Workplace,
  family: Family,
  { push, setup }: ImagesOptions,
  secrets: ReadonlyMap<string, Buffer>,
): Promise<Result<Family, readonly Diagnostic[]>> {
  if (!push || (family.set.registry !== undefined && !setup)) return ok(family);
  const { chooseRegistry } = await import('./choose-registry.ts');
  return await chooseRegistry(context, workplace, family, { setup, secrets });
}
