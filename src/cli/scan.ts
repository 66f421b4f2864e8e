/** `build scan`: what is in images, and what of it the policy minds; of published ones as of today's database. */
import { formatReference } from '../../registry/reference.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { defaultScanSettings } from '../matrix/scan-settings.ts';
import type { Family } from '../plan/draw-plan.ts';
import { renderScans, scanDocument } from '../report/scan-report.ts';
import { readScanPolicy, type ScanPolicyOfDay } from '../run/scan-policy.ts';
import type { DatabaseState } from '../scan/database.ts';
import { identityOf, type ScanReport } from '../scan/finding.ts';
import { keepArtifact } from '../scan/kept-artifacts.ts';
import { judgeFindings, type JudgedScan } from '../scan/policy.ts';
import { scanPublished, type PublishedScan } from '../scan/published-findings.ts';
import { scanRecord } from '../scan/scan-record.ts';
import type { Scanner } from '../scan/scanner.ts';
import type { ScanTrouble } from '../scan/trivy-program.ts';
import { screenOf, type CliContext } from './context.ts';
import { openScanner, scanDiagnostic } from './open-scanner.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';
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
  const targets = await scanTargets(context, workplace, family.value, names, options);
  if (!targets.ok) return await tell(context, targets.error);
  const database = await scanner.database();
  if (!database.ok) return await tell(context, [scanDiagnostic(database.error)]);

  const tools = { context, workplace, scanner, policy, database: database.value, options };
  const results = await Promise.all(targets.value.map((target) => judge(tools, target)));
  if (context.signal.aborted) return exitCode.interrupted;
  const troubles = results.flatMap((result) => (result.ok ? [] : [result.error]));
  const judged = results.flatMap((result) => (result.ok ? [result.value] : []));
  const screen = screenOf(context.stdout, context.env);
  const facts = { database: database.value, judged };
  screen.write(
    options.json ? `${JSON.stringify(scanDocument(facts), null, 2)}\n` : renderScans(facts, screen),
  );
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
  if (names.length > 0 && !mayBeFamilys(names) && directory === undefined) return ok(undefined);
  return await readCheckedFamily(context, findRepository(directory, context.cwd, context.home));
}

interface Tools {
  readonly context: CliContext;
  readonly workplace: Workplace;
  readonly scanner: Scanner;
  readonly policy: ScanPolicyOfDay;
  readonly database: DatabaseState;
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
  subject: Parameters<typeof scanPublished>[1],
): Promise<Result<JudgedScan, Diagnostic>> {
  const { context, workplace, scanner, policy, options } = tools;
  const { registry } = workplace;
  const mayPull = !options.fromSbom;
  const there = await scanPublished(name, subject, { registry, scanner, mayPull }, context.signal);
  if (!there.ok) return err(about(name, there.error));
  if (there.value === undefined)
    return err({
      ...usage(
        `no bill of materials is kept with ${name} (\`${formatReference(subject)}\`)`,
        '`build images --push` with `scan:` in matrix.yaml keeps one with what it publishes; without `--from-sbom` its layers are pulled',
      ),
      category: 'environment',
    });
  const { report, since } = there.value;
  // All of it is published: what is against the policy has a deadline.
  const published = new Map(
    report.findings.map((each) => [identityOf(each), since.get(identityOf(each)) ?? policy.today]),
  );
  const result = judgedBy(tools, name, formatReference(subject), report, isFamilys ? published : since);
  if (isFamilys && options.keep) await keepAnew(tools, result, subject, there.value);
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

/** Remembers since when a published image has what it has, so that a deadline begins once. */
async function keepAnew(
  { context, workplace, database }: Tools,
  { name, report, judgement }: JudgedScan,
  subject: Parameters<typeof keepArtifact>[1],
  { record, since }: PublishedScan,
): Promise<void> {
  const facts = { image: name, scannedAt: new Date(), databaseUpdatedAt: database.updatedAt };
  const fresh = scanRecord(facts, report, judgement, since);
  const identities = (offending: typeof fresh.offending): string =>
    offending.map(identityOf).toSorted().join('\n');
  if (record !== undefined && identities(record.offending) === identities(fresh.offending)) return;
  const kept = await keepArtifact(
    workplace.registry,
    subject,
    { kind: 'scan', bytes: Buffer.from(JSON.stringify(fresh)), created: facts.scannedAt },
    context.signal,
  );
  if (kept.ok) return;
  const message = `since when ${name} has what it has was not kept in the registry: ${kept.error}`;
  const help = '`--no-keep` does not try';
  await tell(context, [
    { category: 'environment', severity: 'warning', code: 'scan-not-kept', message, help },
  ]);
}

function about(name: string, trouble: ScanTrouble): Diagnostic {
  return scanDiagnostic({ ...trouble, message: `${name}: ${trouble.message}` });
}
