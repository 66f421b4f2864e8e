/**
 * What a scan said of an image, as it is kept with the image's digest: what offends the policy, since when each of it
 * has been published, and how many findings there are of each severity. Pure.
 */
import { parseJson } from '../../registry/parse-json.ts';
import { severities, type Severity } from '../matrix/image-set.ts';
import { identityOf, type Finding, type ScanReport } from './finding.ts';
import type { Judgement } from './policy.ts';
import { scanRecordSchema } from './schema.ts';

export type SeverityCounts = Readonly<Record<Severity, number>>;

export interface ScanRecord {
  readonly version: 1;
  readonly image: string;
  /** Moments, ISO 8601. */
  readonly scannedAt: string;
  readonly databaseUpdatedAt: string;
  readonly system: string | undefined;
  /** Of all findings, whether they offend or not. */
  readonly counts: SeverityCounts;
  readonly offending: readonly RecordedFinding[];
}

/** A finding against the policy; days are YYYY-MM-DD. */
export interface RecordedFinding extends Finding {
  /** First seen in a published image of this name. */
  readonly since: string;
  /** Somebody has excepted it until this day. */
  readonly exceptedUntil?: string;
}

export interface RecordFacts {
  readonly image: string;
  readonly scannedAt: Date;
  readonly databaseUpdatedAt: Date;
}

/** The record of one judgement; what is published now for the first time is known since today. */
export function scanRecord(
  { image, scannedAt, databaseUpdatedAt }: RecordFacts,
  report: ScanReport,
  judgement: Judgement,
  before: ReadonlyMap<string, string>,
): ScanRecord {
  const today = scannedAt.toISOString().slice(0, 10);
  const since = (finding: Finding): string => before.get(identityOf(finding)) ?? today;
  return {
    version: 1,
    image,
    scannedAt: scannedAt.toISOString(),
    databaseUpdatedAt: databaseUpdatedAt.toISOString(),
    system: report.system,
    counts: countBySeverity(report.findings),
    offending: [
      ...judgement.blocking.map((finding) => ({ ...finding, since: since(finding) })),
      ...judgement.known.map(({ finding, since: known }) => ({ ...finding, since: known })),
      ...judgement.excepted.map(({ finding, exception }) => ({
        ...finding,
        since: since(finding),
        exceptedUntil: exception.until,
      })),
    ],
  };
}

/** How many findings there are of each severity. */
export function countBySeverity(findings: readonly Finding[]): SeverityCounts {
  const counts = { unknown: 0, low: 0, medium: 0, high: 0, critical: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}

/** `2 critical, 5 high`; the worst first, nothing of what there is none of. */
export function describeCounts(counts: SeverityCounts): string {
  const parts = severities
    .toReversed()
    .flatMap((each) => (counts[each] > 0 ? [`${counts[each]} ${each}`] : []));
  return parts.join(', ') || 'no findings';
}

/** Reads a record; undefined where the bytes are none of a form that is known here. */
export function readScanRecord(bytes: Buffer): ScanRecord | undefined {
  const raw = parseJson(scanRecordSchema, bytes);
  if (raw === undefined) return undefined;
  return {
    ...raw,
    system: raw.system,
    offending: raw.offending.map(({ exceptedUntil, ...finding }) => ({
      ...finding,
      fixed: finding.fixed,
      layer: finding.layer,
      ...(exceptedUntil === undefined ? {} : { exceptedUntil }),
    })),
  };
}
