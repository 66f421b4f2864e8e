/**
 * What an image that is published has, as of today's database: its bill of materials judged anew, and what its last
 * scan found that no bill tells (secrets). Where neither is kept, or neither is believed, its layers are pulled once. A
 * registry's trouble is never "nothing".
 */
import type { RegistryClient } from '../../registry/client.ts';
import { formatReference, type DigestReference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import { err, ok, type Result } from '../core/result.ts';
import { readBelieved } from './believed-artifacts.ts';
import { byGravity, identityOf, type Finding, type ScanReport } from './finding.ts';
import type { KeptKind } from './kept-artifacts.ts';
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
  /** What is kept with the image, and is not believed. */
  readonly refused: readonly KeptKind[];
}

export interface PublishedOptions {
  readonly registry: RegistryClient;
  readonly scanner: Pick<Scanner, 'scanBill' | 'scanReference'>;
  /** Whose word on what is kept counts; none: everybody's who may write to the registry. */
  readonly trusted: readonly Trusted[];
  /** When its layers are pulled: never; where what is kept is not believed; also where nothing is kept. */
  readonly pull: 'never' | 'where-refused' | 'where-missing';
}

/** What the image has whose digest `subject` names; undefined where no bill counts and nothing may be pulled. */
export async function scanPublished(
  name: string,
  subject: DigestReference,
  { registry, scanner, trusted, pull }: PublishedOptions,
  signal: AbortSignal,
): Promise<Result<PublishedScan | undefined, ScanTrouble>> {
  const kept = await readBelieved(registry, subject, trusted, signal);
  if (signal.aborted) return err(cancelledScan);
  if (!kept.ok)
    return err({
      kind: 'failed',
      message: `reading what is kept with the published image (${kept.error})`,
    });
  const { cyclonedx: bill, refused } = kept.value;
  const record = kept.value.scan === undefined ? undefined : readScanRecord(kept.value.scan);
  const since = new Map(record?.offending.map((each) => [identityOf(each), each.since]));
  const rest = { since, record, refused };
  // Without the scan's own record, what a bill does not tell would be forgotten.
  const isWhole = record !== undefined || !refused.includes('scan');
  if (bill !== undefined && isWhole) {
    const report = await scanner.scanBill(bill, signal);
    if (!report.ok) return report;
    return ok({ ...rest, report: withSecrets(report.value, record), from: 'bill', raw: undefined });
  }
  if (pull === 'never' || (pull === 'where-refused' && refused.length === 0)) return ok(undefined);
  const scanned = await scanner.scanReference(name, formatReference(subject), signal);
  if (!scanned.ok) return scanned;
  const { report, raw } = scanned.value;
  return ok({ ...rest, report, from: 'layers', raw });
}

/** What is to be told of a scan whose registry holds something that is not believed; undefined where all of it is. */
export function describeRefused({ refused, from }: PublishedScan): string | undefined {
  if (refused.length === 0) return undefined;
  const what = refused.map((kind) => (kind === 'scan' ? 'scan' : 'bill of materials')).join(' and the ');
  const done =
    from === 'layers' ? 'its layers were scanned anew' : 'it was judged by what one of these keys signed';
  return `no key under \`trust\` signed the ${what} beside it in the registry: not believed; ${done}`;
}

/** A bill tells packages alone. What lay in a layer still does. */
function withSecrets(report: ScanReport, record: ScanRecord | undefined): ScanReport {
  const secrets: readonly Finding[] = record?.offending.filter(({ kind }) => kind === 'secret') ?? [];
  return { ...report, findings: [...report.findings, ...secrets].toSorted(byGravity) };
}
