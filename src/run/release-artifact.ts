/**
 * The release in the registry: an OCI artifact beside the images, its first file the release's JSON, its second what
 * the keys were made from. Every machine finds it there: `<run>` for good, `newest` whatever the last run left, and
 * `green`, which moves only when all of the family is what its files say.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { artifactManifest, uploadArtifact, type Artifact } from '../../registry/artifact.ts';
import { parseJson } from '../../registry/parse-json.ts';
import type { AttachmentRegistry } from '../attest/attachments.ts';
import { digestOf, isDigest, type Digest } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { formatFamiliar, parseReference, type Reference } from '../../registry/reference.ts';
import { releaseName } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { KeyInputs } from '../key/content-key.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference } from '../matrix/naming.ts';
import { inputsType } from '../plan/published-inputs.ts';
import { artifactManifestSchema, releaseSchema, type Release } from './schema.ts';

/** As in `registry/hubwright-release:newest`. */
export const releaseTags = { newest: 'newest', green: 'green' } as const;

const releaseType = 'application/vnd.hubwright.release.v1+json';

/** A family of a thousand images; what is longer is not from us. */
const maxReleaseBytes = 32 * 1024 * 1024;

/** A release is put, read and signed as images' attestations are. */
export type ReleaseRegistry = AttachmentRegistry;

/** Where a family's release lies in its registry; undefined where its name leaves no room for one. */
export function releaseReference(target: RegistryTarget, tag: string): Reference | undefined {
  const reference = parseReference(publishedReference(target, releaseName, tag));
  return reference.kind === 'invalid-reference' ? undefined : reference;
}

/**
 * The release that a reference names; undefined where there is none. What is `known` by its digest is not fetched again,
 * and what is fetched is added. The error is a sentence for a person.
 */
export async function fetchRelease(
  registry: Pick<ReleaseRegistry, 'getBlob' | 'getManifest'>,
  reference: Reference,
  signal: AbortSignal,
  known?: Map<string, Release>,
): Promise<Result<Release | undefined, string>> {
  const manifest = await registry.getManifest(reference, signal);
  if (manifest.kind === 'absent') return ok(undefined);
  if (manifest.kind === 'failed') return err(manifest.error.message);
  const layer = parseJson(artifactManifestSchema, manifest.bytes)?.layers.find(
    ({ mediaType }) => mediaType === releaseType,
  );
  const none = err(`\`${formatFamiliar(reference)}\` is no release`);
  if (layer === undefined || !isDigest(layer.digest)) return none;
  const before = known?.get(layer.digest);
  if (before !== undefined) return ok(before);
  const blob = await registry.getBlob(reference, layer.digest, maxReleaseBytes, signal);
  if (blob.kind === 'failed') return err(blob.error.message);
  const release = blob.kind === 'found' ? parseJson(releaseSchema, blob.bytes) : undefined;
  if (release === undefined) return none;
  known?.set(layer.digest, release);
  return ok(release);
}

/** A release ready to be put, under a tag of its own. */
export interface ReleaseArtifact {
  readonly target: RegistryTarget;
  readonly release: Release;
  /** What current images' keys were made from, by key. */
  readonly inputs: Readonly<Record<string, KeyInputs>>;
  /** Signs what was put, before `newest` and `green` name it. */
  readonly sign?: (name: Reference, digest: Digest) => Promise<Result<void, string>>;
}

/**
 * Puts a release under its run's id and as `newest`, and answers whether it is that still: registries do not compare
 * and swap, so another machine's may have taken the name meanwhile. `green` moves only with it.
 */
export async function putRelease(
  registry: ReleaseRegistry,
  { target, release, inputs, sign }: ReleaseArtifact,
  green: boolean,
  signal: AbortSignal,
): Promise<Result<'newest' | 'overtaken', string>> {
  const references = [release.run, releaseTags.newest, releaseTags.green].map((tag) =>
    releaseReference(target, tag),
  );
  const [own, newest, pointer] = references;
  if (own === undefined || newest === undefined || pointer === undefined)
    return err('its name leaves no room for such a tag');
  const artifact: Artifact = {
    artifactType: releaseType,
    files: [
      { mediaType: releaseType, bytes: Buffer.from(`${JSON.stringify(release, null, 2)}\n`) },
      { mediaType: inputsType, bytes: await promisify(gzip)(JSON.stringify(inputs)) },
    ],
    annotations: { 'org.opencontainers.image.created': release.created },
  };
  const failed = await uploadArtifact(registry, own, artifact, signal);
  if (failed !== undefined) return err(failed.error.message);
  const bytes = artifactManifest(artifact);
  // What has to be signed first gets its second name afterwards; else neither name waits for the other.
  for (const together of sign === undefined ? [[own, newest]] : [[own], [newest]]) {
    const puts = await Promise.all(
      together.map((name) => registry.putManifest(name, bytes, MEDIA_TYPES.ociManifest, signal)),
    );
    const trouble = puts.find((put) => put.kind === 'failed');
    if (trouble !== undefined) return err(trouble.error.message);
    const signed = together.includes(own) ? await sign?.(own, digestOf(bytes)) : undefined;
    if (signed?.ok === false) return signed;
  }
  const there = await registry.headManifest(newest, signal);
  if (there.kind === 'failed') return err(there.error.message);
  if (there.kind === 'absent' || there.digest !== digestOf(bytes)) return ok('overtaken');
  if (!green) return ok('newest');
  const moved = await registry.putManifest(pointer, bytes, MEDIA_TYPES.ociManifest, signal);
  return moved.kind === 'failed' ? err(moved.error.message) : ok('newest');
}

/** Of the registry's release and this machine's file the one that was made later. */
export function laterRelease(published: Release | undefined, file: Release | undefined): Release | undefined {
  if (published === undefined || file === undefined) return published ?? file;
  return file.registry === published.registry && file.created > published.created ? file : published;
}
