/**
 * Copies what a reference names from one repository to another, within a registry or between two: every manifest
 * byte for byte, so that digests stay, and only the blobs that are missing. An interrupted copy is taken up by
 * calling it again: a manifest is put only when all that it names is there.
 */
import { createHash } from 'node:crypto';
import pLimit from 'p-limit';
import { getBlobPart, headBlob } from './blobs.ts';
import { isDigest, type Digest } from './digest.ts';
import { invalidAnswer, type Failed } from './error.ts';
import {
  getManifest,
  headManifest,
  MEDIA_TYPES,
  putManifest,
  type Absent,
  type Manifest,
} from './manifests.ts';
import { parseJson } from './parse-json.ts';
import { withDigest, type Reference } from './reference.ts';
import { imageManifestSchema, indexSchema, type RawDescriptor } from './schema.ts';
import { mountBlob } from './mount.ts';
import { sendBlob, type BlobSource, type UploadOptions } from './upload.ts';

/** One blob's way, told when it has ended. */
export interface BlobCopied {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  readonly how: 'there' | 'mounted' | 'sent';
}

export interface Copied {
  readonly kind: 'copied';
  readonly digest: Digest;
  /** False when the target had it already under that name. */
  readonly changed: boolean;
}

/** How deep an index may hold indexes; nobody nests more than once. */
const MAX_DEPTH = 3;
const MAX_MEMBERS = 1000;
/** Each holds a piece in memory, and one alone seldom fills a line. */
const BLOBS_AT_ONCE = 3;

/**
 * Copies the source (by its digest, else its tag) to the target's tag or digest, all platforms included.
 * `absent` when the source is not there. Layers that no registry may hold (`urls`) are left where they are.
 */
export async function copyImage(
  source: Reference,
  target: Reference,
  onBlob: (blob: BlobCopied) => void,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Copied | Absent | Failed> {
  const manifest = await getManifest(source, options, signal);
  if (manifest.kind !== 'found') return manifest;
  const there = await headManifest(target, options, signal);
  if (there.kind === 'failed') return there;
  if (there.kind === 'found' && there.digest === manifest.digest)
    return { kind: 'copied', digest: manifest.digest, changed: false };
  const members = await copyMembers(manifest, { source, target, onBlob, depth: 0 }, options, signal);
  if (members !== undefined) return members;
  const put = await putManifest(target, manifest.bytes, manifest.mediaType, options, signal);
  return put.kind === 'failed' ? put : { kind: 'copied', digest: put.digest, changed: true };
}

interface Way {
  readonly source: Reference;
  readonly target: Reference;
  readonly onBlob: (blob: BlobCopied) => void;
  readonly depth: number;
}

/** Brings over everything that the manifest names; undefined when all of it is there. */
async function copyMembers(
  manifest: Manifest,
  way: Way,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  const isIndex =
    manifest.mediaType === MEDIA_TYPES.ociIndex || manifest.mediaType === MEDIA_TYPES.dockerIndex;
  if (isIndex) {
    const index = parseJson(indexSchema, manifest.bytes);
    if (index === undefined || index.manifests.length > MAX_MEMBERS || way.depth >= MAX_DEPTH)
      return invalidAnswer(way.source.registry, `${manifest.digest} is an index that cannot be copied`);
    for (const member of index.manifests) {
      const failure = await copyMember(member, way, options, signal);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }
  const image = parseJson(imageManifestSchema, manifest.bytes);
  if (image === undefined || image.layers.length > MAX_MEMBERS)
    return invalidAnswer(way.source.registry, `${manifest.digest} is a manifest that cannot be copied`);
  const blobs = new Map([image.config, ...image.layers].map((blob) => [blob.digest, blob]));
  return copyBlobs([...blobs.values()], way, options, signal);
}

/** Some at a time, in order; after a failure none is begun, and those under way come to their end. */
async function copyBlobs(
  blobs: readonly RawDescriptor[],
  way: Way,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  const limit = pLimit(BLOBS_AT_ONCE);
  let failure: Failed | undefined;
  const copies = blobs.map((blob) =>
    limit(async () => {
      const isElsewhere = blob.urls !== undefined && blob.urls.length > 0;
      if (failure !== undefined || isElsewhere) return;
      const failed = await copyBlob(blob, way, options, signal);
      failure ??= failed;
    }),
  );
  await Promise.all(copies);
  return failure;
}

async function copyMember(
  member: RawDescriptor,
  way: Way,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  if (!isDigest(member.digest))
    return invalidAnswer(way.source.registry, 'an index names a digest that is none');
  const source = withDigest(way.source, member.digest);
  const target = withDigest(way.target, member.digest);
  const there = await headManifest(target, options, signal);
  if (there.kind === 'failed') return there;
  if (there.kind === 'found') return undefined;
  const manifest = await getManifest(source, options, signal);
  if (manifest.kind === 'failed') return manifest;
  if (manifest.kind === 'absent')
    return invalidAnswer(source.registry, `the index names ${member.digest}, which is not there`);
  const failure = await copyMembers(manifest, { ...way, depth: way.depth + 1 }, options, signal);
  if (failure !== undefined) return failure;
  const put = await putManifest(target, manifest.bytes, manifest.mediaType, options, signal);
  return put.kind === 'failed' ? put : undefined;
}

async function copyBlob(
  blob: RawDescriptor,
  { source, target, onBlob }: Way,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  const { digest, size } = blob;
  if (!isDigest(digest)) return invalidAnswer(source.registry, 'a manifest names a digest that is none');
  const there = await headBlob(target, digest, options, signal);
  if (there.kind === 'failed') return there;
  if (there.kind === 'found') {
    onBlob({ digest, size, how: 'there' });
    return undefined;
  }
  if (source.registry === target.registry && source.repository !== target.repository) {
    const mounted = await mountBlob(target, digest, source.repository, options, signal);
    if (mounted.kind === 'failed') return mounted;
    if (mounted.kind === 'stored') {
      onBlob({ digest, size, how: 'mounted' });
      return undefined;
    }
  }
  const sent = await sendBlob(target, sourceOf(source, { digest, size }, options), options, signal);
  if (sent.kind === 'failed') return sent;
  onBlob({ digest, size, how: 'sent' });
  return undefined;
}

/** Reads a registry's blob piece by piece, in order; the last piece is given only when the whole is what its digest says. */
function sourceOf(
  repository: Reference,
  blob: { readonly digest: Digest; readonly size: number },
  options: UploadOptions,
): BlobSource {
  const { digest, size } = blob;
  const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
  let hash = createHash(algorithm);
  return {
    ...blob,
    async read(offset, length, signal) {
      const piece = await getBlobPart(repository, { digest, offset, length }, options, signal);
      if (piece.kind === 'absent')
        return invalidAnswer(repository.registry, `a manifest names ${digest}, which is not there`);
      if (piece.kind === 'failed') return piece;
      // An upload that broke off begins anew.
      if (offset === 0) hash = createHash(algorithm);
      hash.update(piece.bytes);
      if (offset + length === size && `${algorithm}:${hash.digest('hex')}` !== digest)
        return invalidAnswer(
          repository.registry,
          `a blob of ${repository.repository} that is not what its digest says`,
        );
      return piece;
    },
  };
}
