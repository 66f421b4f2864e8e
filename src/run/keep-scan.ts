/**
 * Keeps what a scan said with the digest that was published: the bills of materials and the record; and the tag that says
 * that it passed. Where that cannot be done the image stays published, and the next run scans it again. Signing what was
 * kept is attest-stage.ts's.
 */
import type { Digest } from '../../registry/digest.ts';
import { formatReference } from '../../registry/reference.ts';
import type { ScanFacts } from '../attest/scan-statement.ts';
import { scanTag } from '../core/labels.ts';
import { err, type Result } from '../core/result.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { attestPlace } from '../plan/signed-record.ts';
import { readBelieved } from '../scan/believed-artifacts.ts';
import { keepArtifacts, type ToKeep } from '../scan/kept-artifacts.ts';
import { isSameImage, putTag, type Manifest, type Place } from './published-manifest.ts';
import type { RunContext, RunScan } from './run-context.ts';
import { scanKey } from './scan-policy.ts';
import { believedKeys, type PassedScan } from './scan-stage.ts';

/** A scan of just the bytes that are published, kept with them. */
export interface KeptScan {
  /** What is to be signed of it. */
  readonly facts: ScanFacts;
  /** Names the pass. */
  readonly tag: string;
}

/** Keeps a scan with what was pushed; undefined where it was one of other bytes, or could not be kept. */
export async function keepScan(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  manifest: Manifest,
  passed: PassedScan,
  signal: AbortSignal,
): Promise<KeptScan | undefined> {
  const { scan } = context;
  const { of } = passed.scan;
  const isOf =
    of.kind === 'published' ? of.digest === manifest.digest : isSameImage(context, manifest, of.id);
  // Another machine published its own bytes first, and scanned those.
  if (scan === undefined || !isOf) return undefined;
  const kept = await keep({ ...context, scan }, place, manifest, passed, signal);
  if (!kept.ok) return tellLoss(context, entry, kept.error, signal);
  const { record } = passed;
  const key = scanKey(scan.policy, entry.name, entry.key);
  const facts: ScanFacts = {
    image: entry.name,
    scannedAt: new Date(record.scannedAt),
    databaseUpdatedAt: new Date(record.databaseUpdatedAt),
    scanKeys: [key],
    kept: kept.value,
    counts: record.counts,
  };
  return { facts, tag: scanTag(key) };
}

/** Says of what is published that it passed its scan; whether that is there now. */
export async function tagScan(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  manifest: Manifest,
  { tag }: KeptScan,
  signal: AbortSignal,
): Promise<boolean> {
  const tagged = await putTag(context, place, tag, manifest, signal);
  if (tagged.kind === 'ok') return true;
  tellLoss(context, entry, tagged.kind === 'failed' ? tagged.failure.message : 'cancelled', signal);
  return false;
}

function tellLoss(context: RunContext, { name }: PlanEntry, trouble: string, signal: AbortSignal): undefined {
  const message = `what is in it was not kept in the registry, and the next run scans it again: ${trouble}`;
  if (!signal.aborted) context.emit({ kind: 'remark', image: name, message });
}

/** The digests of what was kept by their kinds, or why something was not. */
async function keep(
  context: RunContext & { readonly scan: RunScan },
  place: Place,
  manifest: Manifest,
  { scan, record }: PassedScan,
  signal: AbortSignal,
): Promise<Result<Readonly<Record<string, Digest>>, string>> {
  const { registry } = context;
  const subject = attestPlace({ registry, ...place, digest: manifest.digest }).image;
  const created = new Date(record.scannedAt);
  const toKeep: ToKeep[] = [];
  if (scan.raw !== undefined) {
    const there = await readBelieved(registry, subject, believedKeys(context), signal);
    if (!there.ok) return there;
    if (there.value.cyclonedx === undefined) {
      const bills = await context.scan.scanner.bills(scan.raw, formatReference(subject), signal);
      if (!bills.ok) return err(bills.error.message);
      toKeep.push({ kind: 'spdx', bytes: bills.value.spdx, created });
      toKeep.push({ kind: 'cyclonedx', bytes: bills.value.cyclonedx, created });
    }
  }
  toKeep.push({ kind: 'scan', bytes: Buffer.from(JSON.stringify(record)), created });
  return await keepArtifacts(registry, subject, toKeep, signal);
}
