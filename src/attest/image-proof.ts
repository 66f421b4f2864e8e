/** Everything that those who are trusted prove of one image, for `build verify`: the image is whatever a reference names now. */
import type { RegistryClient } from '../../registry/client.ts';
import type { Digest } from '../../registry/digest.ts';
import type { RegistryError } from '../../registry/error.ts';
import { withDigest, type Reference } from '../../registry/reference.ts';
import { err, ok, type Result } from '../core/result.ts';
import {
  imageSigners,
  provenBills,
  provenOrigins,
  provenPasses,
  type ProvenBill,
  type ProvenOrigin,
  type ProvenPass,
} from './proof.ts';
import { refusedPasses } from './refused.ts';
import { provenScans, type ProvenScan } from './scan-statement.ts';
import type { Trusted } from './trusted.ts';

/** What is proven of one digest. */
export interface ImageProof {
  readonly digest: Digest;
  /** Who signed the image itself. */
  readonly signers: readonly string[];
  /** The latest first. */
  readonly passes: readonly ProvenPass[];
  readonly origins: readonly ProvenOrigin[];
  readonly bills: readonly ProvenBill[];
  /** The latest first. */
  readonly scans: readonly ProvenScan[];
  /** Where no pass counts: why those that are there do not, as far as it can be told. */
  readonly refused: readonly string[];
}

/** Undefined where the registry has no such image. */
export async function proveImage(
  registry: RegistryClient,
  reference: Reference,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Result<ImageProof | undefined, RegistryError>> {
  const head = await registry.headManifest(reference, signal);
  if (head.kind === 'absent') return ok(undefined);
  if (head.kind === 'failed') return err(head.error);
  const { digest } = head;
  const place = { registry, image: withDigest(reference, digest) };
  const [signers, passes, origins, bills, scans] = await Promise.all([
    imageSigners(place, trusted, signal),
    provenPasses(place, trusted, signal),
    provenOrigins(place, trusted, signal),
    provenBills(place, trusted, signal),
    provenScans(place, trusted, signal),
  ]);
  if ('kind' in signers) return err(signers.error);
  if ('kind' in passes) return err(passes.error);
  if ('kind' in origins) return err(origins.error);
  if ('kind' in bills) return err(bills.error);
  if ('kind' in scans) return err(scans.error);
  const refused = passes.length > 0 ? [] : await refusedPasses(place, trusted, signal);
  if ('kind' in refused) return err(refused.error);
  return ok({ digest, signers, passes: passes.toSorted(latestFirst), origins, bills, scans, refused });
}

/** Whether the image passed, as somebody who is trusted says: all that `build verify` asks for. */
export function isProven({ passes }: ImageProof): boolean {
  return passes.length > 0;
}

function latestFirst(a: ProvenPass, b: ProvenPass): number {
  const [left, right] = [a.judgedAt ?? '', b.judgedAt ?? ''];
  if (left === right) return 0;
  return left < right ? 1 : -1;
}
