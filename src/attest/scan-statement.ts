/**
 * What is said of a scanned image, in the form of cosign's `vuln` predicate, so that policies which ask for a recent scan
 * understand it. Under `result` is ours: which scans' passes it is, and the digests of what is kept beside the image, so
 * that of those only what a trusted key stands for is believed. Pure, but for reading what lies in a registry.
 */
import type { Digest } from '../../registry/digest.ts';
import { isDigest } from '../../registry/digest.ts';
import type { Failed } from '../../registry/error.ts';
import type { Place } from './attachments.ts';
import { provenStatements } from './proof.ts';
import { scanResultSchema } from './schema.ts';
import { predicateTypes, statement, type Subject } from './statement.ts';
import type { Trusted } from './trusted.ts';

/** How our results are to be read; it moves when they change their meaning. */
const resultType = 'urn:hubwright:scan:v1';

/** What is known of a scan. */
export interface ScanFacts {
  readonly image: string;
  readonly scannedAt: Date;
  readonly databaseUpdatedAt: Date;
  /** What it passed: keys of scans' passes; none where something is against the policy. */
  readonly scanKeys: readonly string[];
  /** Of what the signer kept with the image, by its kind. */
  readonly kept: Readonly<Record<string, Digest>>;
  /** Findings by severity. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A signed scan. */
export interface ProvenScan {
  readonly signer: string;
  /** A moment, ISO 8601. */
  readonly scannedAt: string;
  readonly databaseUpdatedAt: string | undefined;
  readonly scanKeys: readonly string[];
  readonly kept: Readonly<Record<string, Digest>>;
  readonly counts: Readonly<Record<string, number>>;
}

/** That the image was scanned: when, by which database, and what was kept of it. */
export function scanStatement(subject: Subject, facts: ScanFacts): Buffer {
  const { image, scanKeys, kept, counts } = facts;
  const scannedAt = facts.scannedAt.toISOString();
  return statement(subject, predicateTypes.scan, {
    invocation: { uri: '', event_id: '', 'builder.id': 'urn:hubwright:builder' },
    scanner: {
      uri: 'https://trivy.dev',
      db: { lastUpdate: facts.databaseUpdatedAt.toISOString() },
      result: { type: resultType, image, scanKeys, kept, counts },
    },
    metadata: { scanStartedOn: scannedAt, scanFinishedOn: scannedAt },
  });
}

/** Every signed scan of the image, the latest first. */
export async function provenScans(
  place: Place,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<readonly ProvenScan[] | Failed> {
  const statements = await provenStatements(place, predicateTypes.scan, trusted, signal);
  if ('kind' in statements) return statements;
  const scans = statements.flatMap(({ signer, predicate }): readonly ProvenScan[] => {
    const said = scanResultSchema.safeParse(predicate).data;
    if (said === undefined || said.scanner.result.type !== resultType) return [];
    const { scanKeys, kept, counts } = said.scanner.result;
    const digests = Object.entries(kept).flatMap(([kind, digest]) =>
      isDigest(digest) ? [[kind, digest] as const] : [],
    );
    return [
      {
        signer,
        scannedAt: said.metadata.scanFinishedOn,
        databaseUpdatedAt: said.scanner.db?.lastUpdate,
        scanKeys,
        kept: Object.fromEntries(digests),
        counts,
      },
    ];
  });
  return scans.toSorted((a, b) => (a.scannedAt < b.scannedAt ? 1 : -1));
}
