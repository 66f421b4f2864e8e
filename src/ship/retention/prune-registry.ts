/**
 * Reads what a family's registry has of its releases, and removes images from it: their manifests, what refers to them,
 * and what their keys were made from. Which of them expired-images.ts says; layers are the registry's own to collect.
 */
import type { RegistryClient } from '../../../registry/client.ts';
import { isDigest } from '../../../registry/digest.ts';
import type { Failed } from '../../../registry/error.ts';
import { parseReference, withDigest, withTag, type Reference } from '../../../registry/reference.ts';
import { inputsTag, isRecordTag, releaseName } from '../../core/labels.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { RegistryTarget } from '../../matrix/image-set.ts';
import { publishedTag } from '../../matrix/naming.ts';
import { fetchRelease, releaseReference, releaseTags } from '../../run/release-artifact.ts';
import type { Release } from '../../run/schema.ts';
import type { ReleasedContent } from './expired-images.ts';

export type PrunedRegistry = Pick<
  RegistryClient,
  'deleteManifest' | 'getBlob' | 'getManifest' | 'headManifest' | 'listReferrers' | 'listTags'
>;

export interface KnownReleases {
  readonly releases: readonly Release[];
  /** Runs behind the names that move. */
  readonly pointers: ReadonlySet<string>;
}

const runTag = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

/** All releases that the registry has. The error is a sentence: what cannot be read may name what is in use. */
export async function readReleases(
  registry: PrunedRegistry,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Result<KnownReleases, string>> {
  const any = releaseReference(target, releaseTags.newest);
  if (any === undefined) return ok({ releases: [], pointers: new Set() });
  const listed = await registry.listTags(any, signal);
  if (listed.kind === 'failed') return err(listed.error.message);
  const tags = listed.kind === 'absent' ? [] : listed.tags;
  const prefix = publishedTag(target.naming, releaseName, '');
  const runs = tags
    .filter((tag) => tag.startsWith(prefix))
    .map((tag) => tag.slice(prefix.length))
    .filter((tag) => runTag.test(tag));
  const releases = new Map<string, Release>();
  const pointers = new Set<string>();
  for (const tag of [...runs, releaseTags.newest, releaseTags.green]) {
    const reference = releaseReference(target, tag);
    if (reference === undefined) continue;
    const release = await fetchRelease(registry, reference, signal);
    if (!release.ok) return release;
    if (release.value === undefined) continue;
    releases.set(release.value.run, release.value);
    if (!runs.includes(tag)) pointers.add(release.value.run);
  }
  return ok({ releases: [...releases.values()], pointers });
}

/**
 * Tags of others' making behind a content that is about to go: deleting a manifest takes them along. Ours are those
 * that a release gave, and the record's.
 */
export async function foreignTag(
  registry: PrunedRegistry,
  target: RegistryTarget,
  content: ReleasedContent,
  listed: readonly string[],
  signal: AbortSignal,
): Promise<Result<string | undefined, string>> {
  const repository = referenceOf(content);
  if (repository === undefined) return ok(undefined);
  const ours = new Set(content.tags.map((tag) => publishedTag(target.naming, content.name, tag)));
  for (const tag of listed) {
    if (ours.has(tag) || isOwnTag(tag)) continue;
    const head = await registry.headManifest(withTag(repository, tag), signal);
    if (head.kind === 'failed') return err(head.error.message);
    if (head.kind === 'found' && head.digest === content.digest) return ok(tag);
  }
  return ok(undefined);
}

/** All tags of the repository of a content. */
export async function tagsBeside(
  registry: PrunedRegistry,
  content: ReleasedContent,
  signal: AbortSignal,
): Promise<Result<readonly string[], string>> {
  const repository = referenceOf(content);
  if (repository === undefined) return ok([]);
  const listed = await registry.listTags(repository, signal);
  if (listed.kind === 'failed') return err(listed.error.message);
  return ok(listed.kind === 'absent' ? [] : listed.tags);
}

/** Removes one content; what refers to it goes first, so that nothing is left about an image that is gone. */
export async function removeContent(
  registry: PrunedRegistry,
  target: RegistryTarget,
  content: ReleasedContent,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  const image = referenceOf(content);
  if (image === undefined) return undefined;
  const referrers = await registry.listReferrers(image, undefined, signal);
  if (referrers.kind === 'failed') return referrers;
  for (const { digest } of referrers.referrers) {
    const failed = await remove(registry, withDigest(image, digest), signal);
    if (failed !== undefined) return failed;
  }
  const beside = [
    ...content.keys.map((key) => publishedTag(target.naming, content.name, inputsTag(key))),
    // The tag schema's list of referrers, and cosign's signatures and attestations.
    ...['', '.sig', '.att'].map((suffix) => content.digest.replace(':', '-') + suffix),
  ];
  for (const tag of beside) {
    const head = await registry.headManifest(withTag(image, tag), signal);
    if (head.kind === 'failed') return head;
    if (head.kind === 'absent') continue;
    const failed = await remove(registry, withDigest(image, head.digest), signal);
    if (failed !== undefined) return failed;
  }
  return await remove(registry, image, signal);
}

/** Removes a release's artifact, by the tag of its run. */
export async function removeRelease(
  registry: PrunedRegistry,
  target: RegistryTarget,
  { run }: Release,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  const reference = releaseReference(target, run);
  if (reference === undefined) return undefined;
  const head = await registry.headManifest(reference, signal);
  if (head.kind === 'failed') return head;
  return head.kind === 'absent'
    ? undefined
    : await remove(registry, withDigest(reference, head.digest), signal);
}

async function remove(
  registry: PrunedRegistry,
  reference: Reference,
  signal: AbortSignal,
): Promise<Failed | undefined> {
  const removed = await registry.deleteManifest(reference, signal);
  return removed.kind === 'failed' ? removed : undefined;
}

/** The record's, and what is attached by the tag schema. */
function isOwnTag(tag: string): boolean {
  return isRecordTag(tag) || /^sha256-[0-9a-f]{64}(?:\.\w+)?$/.test(tag);
}

function referenceOf({ repository, digest }: ReleasedContent): Reference | undefined {
  const reference = parseReference(repository);
  if (reference.kind === 'invalid-reference' || !isDigest(digest)) return undefined;
  return withDigest(reference, digest);
}
