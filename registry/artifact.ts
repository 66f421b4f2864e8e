/**
 * Things in a registry that are no images: a manifest with an empty configuration and a layer for each file (OCI image
 * specification 1.1, "Guidelines for Artifact Usage"). Packs and puts them; what the files say is the caller's.
 */
import { digestOf } from './digest.ts';
import type { RegistryClient } from './client.ts';
import type { Failed } from './error.ts';
import { MEDIA_TYPES, type ManifestHead, type Stored } from './manifests.ts';
import type { Reference } from './reference.ts';

const EMPTY_TYPE = 'application/vnd.oci.empty.v1+json';
const EMPTY = Buffer.from('{}');

export interface ArtifactFile {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

export interface Artifact {
  readonly artifactType: string;
  readonly files: readonly ArtifactFile[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** What it is about, in the same repository. */
  readonly subject?: Pick<ManifestHead, 'digest' | 'mediaType' | 'size'>;
}

/** The artifact's manifest: the same files give the same bytes. */
export function artifactManifest({
  artifactType,
  files,
  annotations,
  subject,
}: Artifact): Buffer<ArrayBuffer> {
  const empty = { mediaType: EMPTY_TYPE, digest: digestOf(EMPTY), size: EMPTY.length };
  const layers = files.map(({ mediaType, bytes }) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  }));
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    artifactType,
    config: empty,
    // One that says all it has to in its annotations names the empty layer: some registries refuse a manifest without.
    layers: layers.length === 0 ? [empty] : layers,
    ...(subject === undefined
      ? {}
      : { subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size } }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return Buffer.from(JSON.stringify(manifest));
}

/** Uploads what the artifact's manifest will name; registries refuse one whose files they do not have. */
export async function uploadArtifact(
  client: Pick<RegistryClient, 'uploadBlob'>,
  reference: Reference,
  { files }: Artifact,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  const blobs = [EMPTY, ...files.map((file) => file.bytes)];
  const stored = await Promise.all(blobs.map((bytes) => client.uploadBlob(reference, bytes, signal)));
  return stored.find((each) => each.kind === 'failed');
}

/** Puts a whole artifact under the reference's tag. */
export async function putArtifact(
  client: Pick<RegistryClient, 'uploadBlob' | 'putManifest'>,
  reference: Reference,
  artifact: Artifact,
  signal: AbortSignal,
): Promise<Stored | Failed> {
  const failed = await uploadArtifact(client, reference, artifact, signal);
  if (failed !== undefined) return failed;
  return await client.putManifest(reference, artifactManifest(artifact), MEDIA_TYPES.ociManifest, signal);
}
