/**
 * What is kept with a published image, as far as it is believed: anybody may attach something to an image who may write
 * to its registry, so where there are keys to trust, it counts only where one of them signed a scan that names its digest.
 */
import type { RegistryClient } from '../../registry/client.ts';
import type { Digest } from '../../registry/digest.ts';
import type { DigestReference, Reference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import { provenScans } from '../attest/scan-statement.ts';
import { err, ok, type Result } from '../core/result.ts';
import { keptTypes, newestKept, readArtifact, readKeptBlob, type KeptKind } from './kept-artifacts.ts';

export interface BelievedArtifacts {
  readonly cyclonedx: Buffer | undefined;
  readonly scan: Buffer | undefined;
  /** Kinds of which the newest is signed by nobody who is trusted. */
  readonly refused: readonly KeptKind[];
}

const wanted = ['cyclonedx', 'scan'] as const satisfies readonly KeptKind[];

/** The bill of materials and the last scan of the image with this digest. `trusted`: none, and everybody is believed. */
export async function readBelieved(
  registry: RegistryClient,
  subject: DigestReference,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Result<BelievedArtifacts, string>> {
  const scans =
    trusted.length === 0 ? undefined : await provenScans({ registry, image: subject }, trusted, signal);
  if (scans !== undefined && 'kind' in scans) return err(`who signed its scans: ${scans.error.message}`);
  const [cyclonedx, scan] = await Promise.all(
    wanted.map(async (kind) => {
      const signed = scans?.flatMap(({ kept }) => kept[kind] ?? []);
      const read = await (signed === undefined
        ? readAny(registry, subject, kind, signal)
        : readSigned(registry, subject, { kind, signed }, signal));
      return read.ok ? read : err(`${keptTypes[kind]}: ${read.error}`);
    }),
  );
  if (cyclonedx === undefined || scan === undefined) throw new Error('one answer for each kind');
  if (!cyclonedx.ok) return cyclonedx;
  if (!scan.ok) return scan;
  return ok({
    cyclonedx: cyclonedx.value.bytes,
    scan: scan.value.bytes,
    refused: [
      ...(cyclonedx.value.refused ? (['cyclonedx'] as const) : []),
      ...(scan.value.refused ? (['scan'] as const) : []),
    ],
  });
}

interface OfKind {
  readonly bytes: Buffer | undefined;
  readonly refused: boolean;
}

async function readAny(
  registry: RegistryClient,
  subject: Reference,
  kind: KeptKind,
  signal: AbortSignal,
): Promise<Result<OfKind, string>> {
  const read = await readArtifact(registry, subject, kind, signal);
  return read.ok ? ok({ bytes: read.value, refused: false }) : read;
}

/** The latest signed first: by the signed moment, not by what an artifact says of itself. */
async function readSigned(
  registry: RegistryClient,
  subject: Reference,
  { kind, signed }: { readonly kind: KeptKind; readonly signed: readonly Digest[] },
  signal: AbortSignal,
): Promise<Result<OfKind, string>> {
  const newest = await newestKept(registry, subject, kind, signal);
  if (!newest.ok) return newest;
  const refused = newest.value !== undefined && !signed.includes(newest.value);
  for (const digest of signed) {
    const blob = await readKeptBlob(registry, subject, digest, signal);
    if (!blob.ok) return blob;
    if (blob.value !== undefined) return ok({ bytes: blob.value, refused });
  }
  return ok({ bytes: undefined, refused });
}
