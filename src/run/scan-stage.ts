/**
 * The scan stage of one image that is to be published: what is in it, and whether that is worse than what is published
 * under its name already. What findings mean is src/scan's; what is kept of it keep-scan.ts's.
 */
import { isDigest } from '../../registry/digest.ts';
import { parseReference, withDigest, type DigestReference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import type { BlockingFinding } from '../core/event.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedRepository } from '../matrix/naming.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { DatabaseState } from '../scan/database.ts';
import { describeFinding, describeKnown, placeOfFinding } from '../scan/describe-finding.ts';
import { identityOf, type Finding, type ScanReport } from '../scan/finding.ts';
import { judgeFindings, type Judgement, type PublishedFindings } from '../scan/policy.ts';
import {
  describeRefused,
  scanPublished,
  type PublishedOptions,
  type PublishedScan,
} from '../scan/published-findings.ts';
import { countBySeverity, describeCounts, scanRecord, type ScanRecord } from '../scan/scan-record.ts';
import type { ScanTrouble } from '../scan/trivy-program.ts';
import type { Bytes } from './build-stage.ts';
import { elapsed } from './clock.ts';
import { publishedBefore } from './published-before.ts';
import { cancelled, done, failed, type RunContext, type RunScan, type StageResult } from './run-context.ts';

/** What a scan saw of an image. */
export interface ImageScan {
  readonly report: ScanReport;
  /** Trivy's whole report; undefined where a bill that is kept already was judged. */
  readonly raw: Buffer | undefined;
  readonly database: DatabaseState;
  /** What was looked at: the engine's image, or what is published under this key already. */
  readonly of:
    | { readonly kind: 'engine'; readonly id: string }
    | { readonly kind: 'published'; readonly digest: string; readonly since: PublishedFindings };
}

/** A scan that passed. */
export interface PassedScan {
  readonly scan: ImageScan;
  readonly record: ScanRecord;
}

/** What of a run says which images it scans. */
export interface ScanQuestion {
  readonly scan?: RunScan;
  readonly options: Pick<RunContext['options'], 'push' | 'force'>;
  readonly drawn: RunContext['drawn'];
}

/** Whether an image has to be scanned in this run: it is to be published, and was not under today's policy. */
export function needsScan({ scan, options, drawn }: ScanQuestion, entry: PlanEntry): boolean {
  if (scan === undefined || !options.push || drawn.set.registry === undefined) return false;
  if (entry.kind === 'builder' || entry.action === 'reuse') return false;
  return options.force || entry.published?.passed !== true || entry.published.scanned !== true;
}

/** Scans the bytes, or what is published of them already. */
export async function scanImage(
  context: RunContext & { readonly scan: RunScan },
  entry: PlanEntry,
  target: RegistryTarget,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<ImageScan>> {
  const { emit, clock, scan } = context;
  const started = clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'scan' });
  const database = await scan.scanner.database();
  if (!database.ok) return scanFailure(database.error);
  const seen = await look(context, entry, target, bytes, signal);
  if (seen.kind !== 'ok') return seen;
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'scan',
    durationMs: elapsed(clock, started),
    summary: describeCounts(countBySeverity(seen.value.report.findings)),
  });
  return done({ ...seen.value, database: database.value });
}

async function look(
  context: RunContext & { readonly scan: RunScan },
  entry: PlanEntry,
  target: RegistryTarget,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<Omit<ImageScan, 'database'>>> {
  const { scanner } = context.scan;
  const digest = entry.published?.digest;
  // What passed elsewhere first is what stays published, whatever lies in this engine.
  const isPublished = entry.published?.passed === true && !context.options.force;
  if (digest !== undefined && (isPublished || bytes === undefined)) {
    const subject = subjectOf(target, entry.name, digest);
    const there = await scanPublished(entry.name, subject, publishedOptions(context, scanner), signal);
    if (!there.ok) return scanFailure(there.error);
    if (there.value === undefined) throw new Error('layers may be pulled, and were not');
    tellRefused(context, entry, there.value);
    const { report, raw, since } = there.value;
    return done({ report, raw, of: { kind: 'published', digest, since } });
  }
  if (bytes === undefined) throw new Error(`there are no bytes of ${entry.name} to scan`);
  const scanned = await scanner.scanImage({ name: entry.name, id: bytes.id }, signal);
  if (!scanned.ok) return scanFailure(scanned.error);
  return done({ ...scanned.value, of: { kind: 'engine', id: bytes.id } });
}

/** What decides beside the findings themselves. */
export interface FamilyPlace {
  /** Layers that the image has from its parent, which was judged for them. */
  readonly inherited: ReadonlySet<string> | undefined;
  /** Images of this run that stand on it. */
  readonly reaches: readonly string[];
}

/** Judges a scan; the image fails by what is worse than what is published, and known holes are told once. */
export async function judgeScan(
  context: RunContext & { readonly scan: RunScan },
  entry: PlanEntry,
  target: RegistryTarget,
  scan: ImageScan,
  place: FamilyPlace,
  signal: AbortSignal,
): Promise<StageResult<PassedScan>> {
  const { settings, exceptions, today } = context.scan.policy;
  const { findings } = scan.report;
  const inherited = findings.filter((finding) => isInherited(finding, place));
  const judge = (published: PublishedFindings): Judgement =>
    judgeFindings({ name: entry.name, findings, published }, settings, exceptions, today);
  let published: PublishedFindings = new Map();
  let judgement = judge(published);
  // Most images have nothing that offends, and need not be compared with anything.
  if (judgement.blocking.length > 0) {
    const before = await publishedFindings(context, entry, target, scan, signal);
    if (before.kind !== 'ok') return before;
    const fromParent = inherited.map((finding) => [identityOf(finding), today] as const);
    published = new Map([...fromParent, ...before.value]);
    judgement = judge(published);
  }
  if (judgement.blocking.length > 0) return heldBack(judgement.blocking);
  const own = judgement.known.filter(({ finding }) => !inherited.includes(finding));
  tellKnown(context, entry, own, place);
  const facts = {
    image: entry.name,
    scannedAt: new Date(),
    databaseUpdatedAt: scan.database.updatedAt,
  };
  return done({ scan, record: scanRecord(facts, scan.report, judgement, published) });
}

function isInherited({ layer }: Finding, { inherited }: FamilyPlace): boolean {
  return inherited !== undefined && (layer === undefined || inherited.has(layer));
}

/** What the published image has as of today, each with the day since when. */
async function publishedFindings(
  context: RunContext & { readonly scan: RunScan },
  entry: PlanEntry,
  target: RegistryTarget,
  { report, of }: ImageScan,
  signal: AbortSignal,
): Promise<StageResult<PublishedFindings>> {
  const { scanner, policy } = context.scan;
  const datedBy =
    (since: PublishedFindings) =>
    (finding: Finding): readonly [string, string] => [
      identityOf(finding),
      since.get(identityOf(finding)) ?? policy.today,
    ];
  if (of.kind === 'published') return done(new Map(report.findings.map(datedBy(of.since))));
  const digest = await publishedBefore(context, entry, target, signal);
  if (digest.kind !== 'ok') return digest;
  if (digest.value === undefined) return done(new Map());
  const subject = subjectOf(target, entry.name, digest.value);
  const there = await scanPublished(entry.name, subject, publishedOptions(context, scanner), signal);
  if (!there.ok) return scanFailure(there.error);
  if (there.value !== undefined) tellRefused(context, entry, there.value);
  return done(new Map(there.value?.report.findings.map(datedBy(there.value.since))));
}

/** Whose word on a scan counts: the trusted keys', else that of the key that would sign it on, else everybody's. */
export function believedKeys({ drawn, signing }: RunContext): readonly Trusted[] {
  if (drawn.trusted.length > 0) return drawn.trusted;
  return signing === undefined ? [] : [signing.signer.self];
}

function publishedOptions(context: RunContext, scanner: RunScan['scanner']): PublishedOptions {
  const { registry } = context;
  return { registry, scanner, trusted: believedKeys(context), pull: 'where-missing' };
}

function tellRefused({ emit }: RunContext, { name }: PlanEntry, scan: PublishedScan): void {
  const message = describeRefused(scan);
  if (message !== undefined) emit({ kind: 'remark', image: name, message });
}

function heldBack(findings: readonly Finding[]): StageResult<never> {
  const [first, ...others] = findings;
  if (first === undefined) throw new Error('nothing holds it back');
  const rest = others.length === 0 ? '' : `, and ${others.length} more`;
  const told = findings.map((finding): BlockingFinding => ({
    kind: finding.kind,
    id: finding.id,
    severity: finding.severity,
    title: finding.title,
    where: placeOfFinding(finding),
  }));
  return failed({ message: `${describeFinding(first)}${rest}`, blame: 'image', findings: told, tail: [] });
}

/** How many known holes of an image a run tells one by one. */
const toldHoles = 5;

function tellKnown(
  { emit }: RunContext,
  { name }: PlanEntry,
  known: Judgement['known'],
  { reaches }: FamilyPlace,
): void {
  const also = reaches.length === 0 ? '' : `; reaches ${reaches.join(', ')}`;
  const overdueFirst = known.toSorted((a, b) => Number(b.overdue) - Number(a.overdue));
  for (const each of overdueFirst.slice(0, toldHoles))
    emit({ kind: 'remark', image: name, message: `${describeKnown(each)}${also}` });
  const rest = known.length - toldHoles;
  if (rest > 0)
    emit({
      kind: 'remark',
      image: name,
      message: `${rest} more known findings; \`build scan ${name}\` tells them`,
    });
}

/** The reference of a published digest. */
export function subjectOf(target: RegistryTarget, name: string, digest: string): DigestReference {
  const reference = parseReference(publishedRepository(target, name));
  if (reference.kind === 'invalid-reference' || !isDigest(digest))
    throw new Error(`no reference: ${publishedRepository(target, name)}@${digest}`);
  return withDigest(reference, digest);
}

/** Trivy's and the registry's trouble are never the image's fault. */
function scanFailure({ kind, message, help }: ScanTrouble): StageResult<never> {
  if (kind === 'cancelled') return cancelled;
  const what = help === undefined ? message : `${message}; ${help}`;
  return failed({ message: what, blame: 'environment', tail: [] });
}
