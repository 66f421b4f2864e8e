/**
 * What is kept with a published image: its software bills of materials and what its last scan said. Each is an OCI
 * artifact that refers to the image's digest, so that any machine, and any tool that knows referrers, finds it by the
 * digest alone. Puts and reads bytes; what they say is others' matter.
 */
import { artifactManifest, uploadArtifact, type Artifact } from '../../registry/artifact.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { digestOf, isDigest, type Digest } from '../../registry/digest.ts';
import { parseJson } from '../../registry/parse-json.ts';
import { withDigest, type Reference } from '../../registry/reference.ts';
import type { Referrer } from '../../registry/referrers.ts';
import { imageManifestSchema } from '../../registry/schema.ts';
import { err, ok, type Result } from '../core/result.ts';

/** Each kind by its artifact type, which is also the type of its one layer. */
export const keptTypes = {
  cyclonedx: 'application/vnd.cyclonedx+json',
  spdx: 'application/spdx+json',
  scan: 'application/vnd.hubwright.scan.v1+json',
} as const;
export type KeptKind = keyof typeof keptTypes;

export type KeepingRegistry = Pick<
  RegistryClient,
  'attachReferrer' | 'getBlob' | 'getManifest' | 'headManifest' | 'listReferrers' | 'uploadBlob'
>;

const created = 'org.opencontainers.image.created';

/** A bill of ten thousand packages; what is longer is not from us. */
const maxBytes = 64 * 1024 * 1024;

/** One artifact to keep, and when its contents were made. */
export interface ToKeep {
  readonly kind: KeptKind;
  readonly bytes: Buffer;
  readonly created: Date;
}

/** Keeps one artifact with the image whose digest `subject` names. The error is a sentence for a person. */
export async function keepArtifact(
  registry: KeepingRegistry,
  subject: Reference,
  { kind, bytes, created: made }: ToKeep,
  signal: AbortSignal,
): Promise<Result<Digest, string>> {
  const image = await registry.headManifest(subject, signal);
  if (image.kind === 'absent') return err('the image has gone from the registry');
  if (image.kind === 'failed') return err(image.error.message);
  const mediaType = keptTypes[kind];
  const artifact: Artifact = {
    artifactType: mediaType,
    files: [{ mediaType, bytes }],
    subject: image,
    annotations: { [created]: made.toISOString() },
  };
  const failed = await uploadArtifact(registry, subject, artifact, signal);
  if (failed !== undefined) return err(failed.error.message);
  const put = await registry.attachReferrer(subject, artifactManifest(artifact), signal);
  return put.kind === 'failed' ? err(put.error.message) : ok(put.digest);
}

/** Keeps several, and answers the digests of their contents by kind; the error is the first one's. */
export async function keepArtifacts(
  registry: KeepingRegistry,
  subject: Reference,
  toKeep: readonly ToKeep[],
  signal: AbortSignal,
): Promise<Result<Readonly<Record<string, Digest>>, string>> {
  // One after the other: where the registry knows no referrers they share one index.
  for (const each of toKeep) {
    const stored = await keepArtifact(registry, subject, each, signal);
    if (!stored.ok) return stored;
  }
  return ok(Object.fromEntries(toKeep.map(({ kind, bytes }) => [kind, digestOf(bytes)])));
}

/** The newest artifact of a kind that is kept with an image, whoever put it there; undefined where none is. */
export async function readArtifact(
  registry: KeepingRegistry,
  subject: Reference,
  kind: KeptKind,
  signal: AbortSignal,
): Promise<Result<Buffer | undefined, string>> {
  for await (const layer of keptLayers(registry, subject, kind, signal)) {
    if (!layer.ok) return layer;
    const blob = await readKeptBlob(registry, subject, layer.value, signal);
    if (!blob.ok || blob.value !== undefined) return blob;
  }
  return ok(undefined);
}

/** The digest of what the newest artifact of a kind holds. */
export async function newestKept(
  registry: KeepingRegistry,
  subject: Reference,
  kind: KeptKind,
  signal: AbortSignal,
): Promise<Result<Digest | undefined, string>> {
  for await (const layer of keptLayers(registry, subject, kind, signal)) return layer;
  return ok(undefined);
}

/** What is kept under this digest beside the image; undefined where it has gone. */
export async function readKeptBlob(
  registry: KeepingRegistry,
  subject: Reference,
  digest: Digest,
  signal: AbortSignal,
): Promise<Result<Buffer | undefined, string>> {
  const blob = await registry.getBlob(subject, digest, maxBytes, signal);
  if (blob.kind === 'failed') return err(blob.error.message);
  return ok(blob.kind === 'found' ? blob.bytes : undefined);
}

/** What the artifacts of a kind hold, the newest first. */
async function* keptLayers(
  registry: KeepingRegistry,
  subject: Reference,
  kind: KeptKind,
  signal: AbortSignal,
): AsyncGenerator<Result<Digest, string>> {
  const listed = await registry.listReferrers(subject, keptTypes[kind], signal);
  if (listed.kind === 'failed') return yield err(listed.error.message);
  for (const { digest } of listed.referrers.toSorted(newestFirst)) {
    const manifest = await registry.getManifest(withDigest(subject, digest), signal);
    if (manifest.kind === 'failed') return yield err(manifest.error.message);
    // A list may still name what was deleted.
    if (manifest.kind === 'absent') continue;
    const layer = parseJson(imageManifestSchema, manifest.bytes)?.layers[0];
    if (layer !== undefined && isDigest(layer.digest)) yield ok(layer.digest);
  }
}

/** By when their contents were made; of the same moment the order is only stable. */
function newestFirst(a: Referrer, b: Referrer): number {
  const [left, right] = [a, b].map(({ annotations, digest }) => `${annotations[created] ?? ''} ${digest}`);
  return (left ?? '') < (right ?? '') ? 1 : -1;
}
