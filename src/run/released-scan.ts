/** The scan of a released image, in short. What it found in full is kept with the image's digest. Pure. */
import type { ScanRecord } from '../scan/scan-record.ts';
import type { ReleasedImage } from './schema.ts';

/** From this run's record, else, of the same digest, what the release before said. */
export function releasedScan(
  record: ScanRecord | undefined,
  digest: string,
  before: ReleasedImage | undefined,
): Pick<ReleasedImage, 'scan'> {
  if (record === undefined)
    return before?.digest === digest && before.scan !== undefined ? { scan: before.scan } : {};
  const excepted = record.offending.filter(({ exceptedUntil }) => exceptedUntil !== undefined).length;
  return {
    scan: {
      scannedAt: record.scannedAt,
      databaseUpdatedAt: record.databaseUpdatedAt,
      findings: { ...record.counts },
      known: record.offending.length - excepted,
      excepted,
    },
  };
}
