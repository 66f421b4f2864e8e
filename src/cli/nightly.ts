/**
 * `build nightly`: takes today's packages and roots into the images that differ by them, publishes those, and leaves
 * everything else as it is, so that no node pulls for nothing.
 */
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { holdsKey } from '../matrix/fixed-tags.ts';
import { lockFile } from '../matrix/load-matrix.ts';
import { claimNight } from '../nightly/claim.ts';
import { editsOf } from '../nightly/moves.ts';
import { runNight, type NightEnd, type NightTools } from '../nightly/night.ts';
import type { NightSummary } from '../nightly/verdicts.ts';
import { drawPlan, readFamily, type DrawnPlan, type Family } from '../plan/draw-plan.ts';
import { renderNight, renderPhase } from '../report/nightly.ts';
import { NotedWork } from '../run/abandoned-runs.ts';
import type { RunScan, Signing } from '../run/run-context.ts';
import { scanKeyOption, scanPolicyOf } from '../run/scan-policy.ts';
import { contractOf, deepContractOf } from '../run/smoke-contract.ts';
import type { Finding } from '../scan/finding.ts';
import { screenOf, type CliContext } from './context.ts';
import { exitCodeOfRun } from './images.ts';
import { idleOptions, shippingTrouble } from './nightly-preflight.ts';
import { shipNight, type NightlyShipping, type Shipped } from './nightly-shipping.ts';
import { openRepository, type Repository } from './open-repository.ts';
import { endEarly, keepSummary, kept, readIfThere, writeAll } from './nightly-files.ts';
import { runPlan, type RunPlanOptions } from './run-plan.ts';
import { databaseTrouble, openScanner, scanDiagnostic } from './open-scanner.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface NightlyOptions extends NightlyShipping {
  readonly directory?: string;
  readonly dryRun: boolean;
  readonly securityOnly: boolean;
  readonly git: boolean;
  /** Undefined: as matrix.yaml says. */
  readonly python?: boolean;
  /** YYYY-MM-DD. */
  readonly day?: string;
  /** commander's form of --no-push. */
  readonly push: boolean;
  readonly summary?: string;
  readonly jobs?: number;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly ca?: string;
}

export async function nightlyCommand(
  context: CliContext,
  names: readonly string[],
  options: NightlyOptions,
): Promise<ExitCode> {
  const idle = idleOptions(options);
  if (idle.length > 0) return await tell(context, idle);
  await using workplace = openWorkplace(context);
  const repository = await openRepository(context, options);
  if (!repository.ok) return await tell(context, repository.error);
  const { directory, secrets } = repository.value;
  const day = options.day ?? new Date().toISOString().slice(0, 10);
  const endedBy = (errors: readonly Diagnostic[]) => endEarly(context, directory, day, options, errors);
  const chosen = await registryOf(context, workplace, repository.value, options);
  if (!chosen.ok) return await endedBy(chosen.error);
  const family = chosen.value;
  await tell(context, family.warnings);
  const policy = await scanPolicyOf(family.set, new Date());
  if (!policy.ok) return await tell(context, policy.error);
  await tell(context, policy.value?.warnings ?? []);
  if (options.securityOnly && policy.value === undefined) return await tell(context, [notScanned]);
  // A night that builds nothing needs no scanner, but for asking who is affected.
  const wantsScanner = policy.value !== undefined && family.set.registry !== undefined;
  const opened =
    wantsScanner && (!options.dryRun || options.securityOnly)
      ? await openScanner(context, workplace, policy.value.policy.settings)
      : ok(undefined);
  if (!opened.ok) return await endedBy(opened.error);
  await using scanner = opened.value;
  const scan =
    scanner === undefined || policy.value === undefined
      ? undefined
      : { scanner, policy: policy.value.policy };

  const claimed = options.dryRun ? ok(undefined) : await claimNight(path.join(directory, kept));
  if (!claimed.ok) return await tell(context, [claimed.error]);
  using _claim = claimed.value;
  using work = new NotedWork(directory);
  const night = await runNight(
    family,
    {
      names,
      git: options.git,
      python: options.python ?? family.set.nightly.python,
      dryRun: options.dryRun,
      day,
      ...(options.securityOnly && scan !== undefined
        ? { affected: (base) => affectedBy(context, workplace, base, scan) }
        : {}),
    },
    toolsOf(context, workplace, { family, secrets, scan, owner: work.id }, options),
    context.signal,
  );
  if (context.signal.aborted) return exitCode.interrupted;
  if (!night.ok) return await endedBy(night.error);
  const { warnings, report } = night.value;
  await tell(context, warnings);
  const shipped = await shipWhatIsNew(context, directory, options, night.value);
  const summary = withNotes(night.value.summary, shipped.notes);
  const written = await keepSummary(context, directory, summary, options.summary);
  const screen = screenOf(context.stdout, context.env);
  if (options.json) context.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else screen.write(renderNight(summary, screen));
  if (!written.ok) return await tell(context, [written.error]);
  const published = report === undefined ? exitCode.ok : exitCodeOfRun[report.result];
  if (published !== exitCode.ok) return published;
  if (shipped.code !== exitCode.ok) return shipped.code;
  return summary.images.some(({ state }) => state === 'held-back') ? exitCode.imageFailed : exitCode.ok;
}

/** A night that moved nothing ships as well: the one before may have ended before the nodes had all. */
async function shipWhatIsNew(
  context: CliContext,
  directory: string,
  options: NightlyOptions,
  { summary, report }: NightEnd,
): Promise<Shipped> {
  const nothing = { code: exitCode.ok, notes: [] };
  const isAsked = options.prepull || options.values !== undefined;
  if (!isAsked || summary.frozenUntil !== undefined || summary.dryRun) return nothing;
  if (report !== undefined && report.result !== 'success')
    return { ...nothing, notes: ['not everything was published: nodes and values stay as they are'] };
  return await shipNight(context, directory, options);
}

function withNotes(summary: NightSummary, notes: readonly string[]): NightSummary {
  return { ...summary, notes: [...summary.notes, ...notes] };
}

/** Where the night publishes: what matrix.yaml says, or the local registry where one runs; else the engine is all there is. */
async function registryOf(
  context: CliContext,
  workplace: Workplace,
  { family, secrets }: Repository,
  { push }: NightlyOptions,
): Promise<Result<Family, readonly Diagnostic[]>> {
  if (!push) return ok({ ...family, set: { ...family.set, registry: undefined } });
  const { chooseRegistry } = await import('./choose-registry.ts');
  return await chooseRegistry(context, workplace, family, { setup: false, secrets });
}

interface Place {
  /** As the files were when the night began, with the registry that it publishes to. */
  readonly family: Family;
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Where what is published is scanned first. */
  readonly scan: RunScan | undefined;
  readonly owner: string;
}

async function affectedBy(
  { signal }: CliContext,
  { registry }: Workplace,
  base: DrawnPlan,
  { scanner, policy }: RunScan,
): Promise<Result<ReadonlyMap<string, readonly Finding[]>, readonly Diagnostic[]>> {
  const { affectedImages } = await import('../nightly/affected.ts');
  const tools = { registry, scanner, settings: policy.settings, diagnostic: scanDiagnostic };
  return await affectedImages(base, tools, signal);
}

const notScanned = usage(
  '`--security-only` asks which images have known holes, and nothing is scanned',
  'set `scan` in matrix.yaml, and publish once: bills of materials are kept with what is published',
);

function toolsOf(
  context: CliContext,
  workplace: Workplace,
  { family, secrets, scan, owner }: Place,
  options: NightlyOptions,
): NightTools {
  const { env, signal } = context;
  const { directory, registry: target } = family.set;
  const lock = path.join(directory, lockFile);
  const readLock = async (): Promise<string> => (await readIfThere(lock)) ?? '';
  let signing: Signing | undefined;
  const say = (doing: string, { plan }: DrawnPlan): void => {
    const names = plan.entries.filter(({ selected }) => selected).map(({ name }) => name);
    screenOf(context.stderr, context.env).write(`${renderPhase(doing, names)}\n`);
  };
  const run = (doing: string, more: Pick<RunPlanOptions, 'push' | 'tier' | 'until'>): NightTools['build'] => {
    const { jobs, verbose } = options;
    const rest = { jobs, verbose, failFast: false, noCache: false, force: false, json: false, secrets };
    return (drawn) => {
      say(doing, drawn);
      const scanned = more.until === 'built' || scan === undefined ? {} : { scan };
      return runPlan(context, workplace, drawn, { ...rest, ...more, ...scanned, signing });
    };
  };
  return {
    engine: workplace.engine,
    registry: workplace.registry,
    credentials: workplace.credentials,
    secrets,
    owner,
    locking: (name) =>
      screenOf(context.stderr, context.env).write(`${renderPhase('To be locked', [name])}\n`),
    outside: { registry: workplace.registry, directory },
    async draw(moves, names, deep) {
      const edits = editsOf(await readLock(), [...moves]);
      const read = await readFamily(directory, env, signal, edits);
      if (!read.ok) return read;
      // Only what the night itself publishes: an image that is published without such a tag lacks nothing.
      // A night is no version: what holds still stays on what it names.
      const moving = read.value.set.tags.filter((tag) => holdsKey(tag) || !read.value.set.fixedTags.has(tag));
      const tags = deep.size > 0 ? datedTags(moving) : moving;
      return await drawPlan(
        { ...read.value, set: { ...read.value.set, registry: target, tags } },
        workplace.engine,
        workplace.registry,
        {
          names,
          mode: { changed: true, force: false, push: target !== undefined },
          contractOf: (image) => (deep.has(image.name) ? deepContractOf(image) : contractOf(image)),
          environment: env,
          ...scanKeyOption(scan?.policy),
        },
        signal,
      );
    },
    async open(base) {
      const wrong = await shippingTrouble(context, base, options);
      if (wrong.length > 0) return err(wrong);
      const lacks = options.dryRun || scan === undefined ? [] : await databaseTrouble(scan, signal);
      if (lacks.length > 0) return err(lacks);
      if (options.dryRun || target === undefined || base.set.sign === undefined) return ok(undefined);
      const { openSigning } = await import('./open-signing.ts');
      const opened = await openSigning(context, base);
      if (!opened.ok) return err([opened.error]);
      signing = opened.value;
      return ok(undefined);
    },
    build: run('To be compared', { push: false, until: 'built' }),
    check: run('To be checked', { push: target !== undefined, tier: 'deep', until: 'checked' }),
    publish: run('To be published', { push: target !== undefined, tier: 'deep' }),
    async writeLocks(moves) {
      const edits = [...editsOf(await readLock(), moves)];
      return await writeAll(edits.map(([name, text]) => ({ name, file: path.join(directory, name), text })));
    },
  };
}

/** What the night publishes can be told from the days before, whatever the tags of every day are. */
function datedTags(tags: readonly string[]): readonly string[] {
  return tags.some((tag) => tag.includes('{date}')) ? tags : [...tags, '{date}-{key}'];
}
