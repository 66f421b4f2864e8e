/**
 * Keeps what a scan said with the digest that was published: the bills of materials, the record, and the tag that says
 * that it passed. Where that cannot be done the image stays published, and the next run scans it again.
 */
import { scanTag } from '../core/labels.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { formatReference } from '../../registry/reference.ts';
import { keepArtifact, readArtifact, type ToKeep } from '../scan/kept-artifacts.ts';
import { isSameImage, putTag, readManifest } from './published-manifest.ts';
import type { RunContext, RunScan } from './run-context.ts';
import { scanKey } from './scan-policy.ts';
import { subjectOf, type PassedScan } from './scan-stage.ts';

/** Keeps a scan with a published digest. Answers whether it was a scan of just these bytes. */
export async function keepScan(
  context: RunContext & { readonly scan: RunScan },
  entry: PlanEntry,
  target: RegistryTarget,
  digest: string,
  passed: PassedScan,
  signal: AbortSignal,
): Promise<boolean> {
  const kept = await keep(context, entry, target, digest, passed, signal);
  if (kept === undefined) return true;
  if (signal.aborted || kept === 'other bytes') return false;
  const message = `what is in it was not kept in the registry, and the next run scans it again: ${kept}`;
  context.emit({ kind: 'remark', image: entry.name, message });
  return false;
}

/** Undefined where all went well, else why not. */
async function keep(
  context: RunContext & { readonly scan: RunScan },
  entry: PlanEntry,
  target: RegistryTarget,
  digest: string,
  { scan, record }: PassedScan,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { registry } = context;
  const place = { target, name: entry.name };
  const manifest = await readManifest(context, place, digest, signal);
  if (manifest.kind !== 'ok') return manifest.kind === 'failed' ? manifest.failure.message : 'cancelled';
  if (manifest.value === undefined) return 'it has gone from the registry';
  const isOf =
    scan.of.kind === 'published'
      ? scan.of.digest === digest
      : isSameImage(context, manifest.value, scan.of.id);
  // Another machine published its own bytes first, and scanned those.
  if (!isOf) return 'other bytes';

  const subject = subjectOf(target, entry.name, digest);
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
  const tagged = await putTag(context, place, scanTag(key), manifest.value, signal);
  if (tagged.kind === 'ok') return undefined;
  return tagged.kind === 'failed' ? tagged.failure.message : 'cancelled';
}
