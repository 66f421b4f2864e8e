/** `build scan`: what is in images, and what of it the policy minds; of published ones as of today's database. */
import { formatReference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import { loadTrust } from '../attest/trust.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { defaultScanSettings } from '../matrix/scan-settings.ts';
import type { Family } from '../plan/draw-plan.ts';
import { renderScans, scanDocument } from '../report/scan-report.ts';
import { readScanPolicy, type ScanPolicyOfDay } from '../run/scan-policy.ts';
import { identityOf, type ScanReport } from '../scan/finding.ts';
import { judgeFindings, type JudgedScan } from '../scan/policy.ts';
import { describeRefused, scanPublished } from '../scan/published-findings.ts';
import type { Scanner } from '../scan/scanner.ts';
import type { ScanTrouble } from '../scan/trivy-program.ts';
import { screenOf, type CliContext } from './context.ts';
import { RescanKeeper, type Rescan } from './keep-rescan.ts';
import { openScanner, scanDiagnostic } from './open-scanner.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository, hasRepository } from './repository.ts';
import { scanTargets, type ScanTarget } from './scan-targets.ts';
import { mayBeFamilys } from './smoke-targets.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface ScanOptions {
  readonly directory?: string;
  readonly fromSbom: boolean;
  /** commander's form of --no-keep. */
  readonly keep: boolean;
  readonly json: boolean;
}

/** 0: nothing that the policy minds, or what is known and in time. 1: more. 2: wrong arguments. 3: something outside. */
export async function scanCommand(
  context: CliContext,
  names: readonly string[],
  options: ScanOptions,
): Promise<ExitCode> {
  await using workplace = openWorkplace(context);
  const family = await familyFor(context, names, options);
  if (!family.ok) return await tell(context, family.error);
  const directory = family.value?.set.directory ?? context.cwd;
  const settings = family.value?.set.scan ?? defaultScanSettings;
  const reading = await readScanPolicy(directory, settings, new Date());
  if (!reading.ok) return await tell(context, reading.error);
  await tell(context, reading.value.warnings);
  const { policy } = reading.value;
  const opened = await openScanner(context, workplace, settings);
  if (!opened.ok) return await tell(context, opened.error);
  await using scanner = opened.value;
  const trust = await loadTrust(family.value?.set.trust ?? [], context.env, context.signal);
  if (!trust.ok) return await tell(context, trust.error);
  const trusted = trust.value;
  const wanted = { fromSbom: options.fromSbom, trusted };
  const targets = await scanTargets(context, workplace, family.value, names, wanted);
  if (!targets.ok) return await tell(context, targets.error);
  const database = await scanner.database();
  if (!database.ok) return await tell(context, [scanDiagnostic(database.error)]);

  const set = family.value?.set;
  const { updatedAt: databaseUpdatedAt } = database.value;
  const keeper =
    set === undefined || !options.keep
      ? undefined
      : new RescanKeeper({ context, workplace, scanner, set, trusted, databaseUpdatedAt });
  const tools = { context, workplace, scanner, policy, trusted, keeper, options };
  const results = await Promise.all(targets.value.map((target) => judge(tools, target)));
  if (context.signal.aborted) return exitCode.interrupted;
  const troubles = results.flatMap((result) => (result.ok ? [] : [result.error]));
  const judged = results.flatMap((result) => (result.ok ? [result.value] : []));
  const screen = screenOf(context.stdout, context.env);
  const facts = { database: database.value, judged };
  if (options.json) context.stdout.write(`${JSON.stringify(scanDocument(facts), null, 2)}\n`);
  else screen.write(renderScans(facts, screen));
  if (troubles.length > 0) return await tell(context, troubles);
  const isOffended = judged.some(
    ({ judgement }) => judgement.blocking.length > 0 || judgement.known.some(({ overdue }) => overdue),
  );
  return isOffended ? exitCode.imageFailed : exitCode.ok;
}

/** References alone need no family, and are judged by what holds where nobody says anything. */
async function familyFor(
  context: CliContext,
  names: readonly string[],
  { directory }: ScanOptions,
): Promise<Result<Family | undefined, readonly Diagnostic[]>> {
  const needsNone = !mayBeFamilys(names) || !hasRepository(directory, context.cwd);
  if (names.length > 0 && needsNone && directory === undefined) return ok(undefined);
  return await readCheckedFamily(context, findRepository(directory, context.cwd));
}

interface Tools {
  readonly context: CliContext;
  readonly workplace: Workplace;
  readonly scanner: Scanner;
  readonly policy: ScanPolicyOfDay;
  readonly trusted: readonly Trusted[];
  /** Undefined where nothing is kept. */
  readonly keeper: RescanKeeper | undefined;
  readonly options: ScanOptions;
}

async function judge(tools: Tools, target: ScanTarget): Promise<Result<JudgedScan, Diagnostic>> {
  const { context, scanner } = tools;
  if (target.what.kind === 'published') return await judgePublished(tools, target, target.what.subject);
  const { name, what } = target;
  const scanned = await scanner.scanImage({ name, id: what.id }, context.signal);
  if (!scanned.ok) return err(about(name, scanned.error));
  return ok(judgedBy(tools, name, undefined, scanned.value.report, new Map()));
}

async function judgePublished(
  tools: Tools,
  { name, isFamilys }: ScanTarget,
  subject: Rescan['subject'],
): Promise<Result<JudgedScan, Diagnostic>> {
  const { context, workplace, scanner, policy, options } = tools;
  const { registry } = workplace;
  const pull = options.fromSbom ? 'where-refused' : 'where-missing';
  // The family's keys answer for the family's images.
  const trusted = isFamilys ? tools.trusted : [];
  const there = await scanPublished(name, subject, { registry, scanner, trusted, pull }, context.signal);
  if (!there.ok) return err(about(name, there.error));
  if (there.value === undefined)
    return err({
      ...usage(
        `no bill of materials is kept with \`${isFamilys ? formatReference(subject) : name}\``,
        '`build images --push` with `scan:` in matrix.yaml keeps one with what it publishes; without `--from-sbom` its layers are pulled',
      ),
      category: 'environment',
    });
  const { report, since } = there.value;
  const refused = describeRefused(there.value);
  if (refused !== undefined) await tell(context, [notSigned(name, refused)]);
  // All of it is published: what is against the policy has a deadline.
  const published = new Map(
    report.findings.map((each) => [identityOf(each), since.get(identityOf(each)) ?? policy.today]),
  );
  const result = judgedBy(tools, name, formatReference(subject), report, isFamilys ? published : since);
  if (isFamilys) await tools.keeper?.keep({ subject, judged: result, there: there.value });
  return ok(result);
}

function judgedBy(
  { policy }: Tools,
  name: string,
  reference: string | undefined,
  report: ScanReport,
  published: ReadonlyMap<string, string>,
): JudgedScan {
  const { settings, exceptions, today } = policy;
  const judgement = judgeFindings(
    { name, findings: report.findings, published },
    settings,
    exceptions,
    today,
  );
  return { name, reference, report, judgement };
}

function notSigned(name: string, refused: string): Diagnostic {
  const message = `${name}: ${refused}`;
  const help =
    'kept before scans were signed: `build images --push` with the key signs; else find out who put it there';
  return { category: 'environment', severity: 'warning', code: 'kept-not-signed', message, help };
}

function about(name: string, trouble: ScanTrouble): Diagnostic {
  return scanDiagnostic({ ...trouble, message: `${name}: ${trouble.message}` });
}
