/**
 * What an image that is published has, as of today's database: its bill of materials judged anew, and what its last
 * scan found that no bill tells (secrets). Where neither is kept, its layers are pulled once. A registry's trouble is
 * never "nothing".
 */
import { formatReference, type Reference } from '../../registry/reference.ts';
import { err, ok, type Result } from '../core/result.ts';
import { byGravity, identityOf, type Finding, type ScanReport } from './finding.ts';
import { keptTypes, readArtifact, type KeepingRegistry, type KeptKind } from './kept-artifacts.ts';
import { readScanRecord, type ScanRecord } from './scan-record.ts';
import type { Scanner } from './scanner.ts';
import { cancelledScan, type ScanTrouble } from './trivy-program.ts';

export interface PublishedScan {
  readonly report: ScanReport;
  /** Day of each offending finding's first sight in a published image, by identity. */
  readonly since: ReadonlyMap<string, string>;
  readonly record: ScanRecord | undefined;
  /** `bill`: no layer was pulled. */
  readonly from: 'bill' | 'layers';
  /** Trivy's whole report, where the layers were looked at. */
  readonly raw: Buffer | undefined;
}

export interface PublishedOptions {
  readonly registry: KeepingRegistry;
  readonly scanner: Pick<Scanner, 'scanBill' | 'scanReference'>;
  /** Whether the layers may be pulled where no bill is kept. */
  readonly mayPull: boolean;
}

/** What the image has whose digest `subject` names; undefined where no bill is kept and nothing may be pulled. */
export async function scanPublished(
  name: string,
  subject: Reference,
  { registry, scanner, mayPull }: PublishedOptions,
  signal: AbortSignal,
): Promise<Result<PublishedScan | undefined, ScanTrouble>> {
  const kept = await readKept(registry, subject, signal);
  if (!kept.ok) return kept;
  const { bill, record } = kept.value;
  const since = new Map(record?.offending.map((each) => [identityOf(each), each.since]));
  if (bill !== undefined) {
    const report = await scanner.scanBill(bill, signal);
    if (!report.ok) return report;
    return ok({ report: withSecrets(report.value, record), since, record, from: 'bill', raw: undefined });
  }
  if (!mayPull) return ok(undefined);
  const scanned = await scanner.scanReference(name, formatReference(subject), signal);
  if (!scanned.ok) return scanned;
  const { report, raw } = scanned.value;
  return ok({ report, since, record, from: 'layers', raw });
}

async function readKept(
  registry: KeepingRegistry,
  subject: Reference,
  signal: AbortSignal,
): Promise<Result<{ readonly bill?: Buffer; readonly record?: ScanRecord }, ScanTrouble>> {
  const read = (kind: KeptKind): ReturnType<typeof readArtifact> =>
    readArtifact(registry, subject, kind, signal);
  const [bill, scan] = await Promise.all([read('cyclonedx'), read('scan')]);
  if (signal.aborted) return err(cancelledScan);
  if (!bill.ok) return err(registryTrouble('cyclonedx', bill.error));
  if (!scan.ok) return err(registryTrouble('scan', scan.error));
  const record = scan.value === undefined ? undefined : readScanRecord(scan.value);
  return ok({
    ...(bill.value === undefined ? {} : { bill: bill.value }),
    ...(record === undefined ? {} : { record }),
  });
}

function registryTrouble(kind: KeptKind, message: string): ScanTrouble {
  return {
    kind: 'failed',
    message: `reading what is kept with the published image (${keptTypes[kind]}): ${message}`,
  };
}

/** A bill tells packages alone. What lay in a layer still does. */
function withSecrets(report: ScanReport, record: ScanRecord | undefined): ScanReport {
  const secrets: readonly Finding[] = record?.offending.filter(({ kind }) => kind === 'secret') ?? [];
  return { ...report, findings: [...report.findings, ...secrets].toSorted(byGravity) };
}
