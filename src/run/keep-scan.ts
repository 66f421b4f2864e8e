/**
 * Keeps what a scan said with the digest that was published: the bills of materials, the record, and the tag that says
 * that it passed. Where that cannot be done the image stays published, and the next run scans it again.
 */
import { scanTag } from '../core/labels.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { formatReference } from '../../registry/reference.ts';
import { keepArtifact, readArtifact, type ToKeep } from '../scan/kept-artifacts.ts';
import type { ScanRecord } from '../scan/scan-record.ts';
import { isSameImage, putTag, type Manifest, type Place } from './published-manifest.ts';
import type { RunContext, RunScan } from './run-context.ts';
import { scanKey } from './scan-policy.ts';
import { subjectOf, type PassedScan } from './scan-stage.ts';

/** Keeps a scan with what was pushed. Answers its record where it was a scan of just these bytes, and is kept. */
export async function keepScan(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  manifest: Manifest,
  passed: PassedScan,
  signal: AbortSignal,
): Promise<ScanRecord | undefined> {
  const { scan } = context;
  const { of } = passed.scan;
  const isOf =
    of.kind === 'published' ? of.digest === manifest.digest : isSameImage(context, manifest, of.id);
  // Another machine published its own bytes first, and scanned those.
  if (scan === undefined || !isOf) return undefined;
  const trouble = await keep({ ...context, scan }, entry, place, manifest, passed, signal);
  if (trouble === undefined) return passed.record;
  const message = `what is in it was not kept in the registry, and the next run scans it again: ${trouble}`;
  if (!signal.aborted) context.emit({ kind: 'remark', image: entry.name, message });
  return undefined;
}

/** Undefined where all went well, else why not. */
async function keep(
  context: RunContext & { readonly scan: RunScan },
  entry: PlanEntry,
  place: Place,
  manifest: Manifest,
  { scan, record }: PassedScan,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { registry } = context;
  const subject = subjectOf(place.target, entry.name, manifest.digest);
  const created = new Date(record.scannedAt);
  const toKeep: ToKeep[] = [];
  const there = await readArtifact(registry, subject, 'cyclonedx', signal);
  if (!there.ok) return there.error;
  if (there.value === undefined && scan.raw !== undefined) {
    const bills = await context.scan.scanner.bills(scan.raw, formatReference(subject), signal);
    if (!bills.ok) return bills.error.message;
    toKeep.push({ kind: 'spdx', bytes: bills.value.spdx, created });
    toKeep.push({ kind: 'cyclonedx', bytes: bills.value.cyclonedx, created });
  }
  toKeep.push({ kind: 'scan', bytes: Buffer.from(JSON.stringify(record)), created });
  // One after the other: where the registry knows no referrers they share one index.
  for (const each of toKeep) {
    const stored = await keepArtifact(registry, subject, each, signal);
    if (!stored.ok) return stored.error;
  }
  const key = scanKey(context.scan.policy, entry.name, entry.key);
  const tagged = await putTag(context, place, scanTag(key), manifest, signal);
  if (tagged.kind === 'ok') return undefined;
  return tagged.kind === 'failed' ? tagged.failure.message : 'cancelled';
}
