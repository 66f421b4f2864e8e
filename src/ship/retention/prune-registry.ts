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
import { trustedRelease, type PublishedIn } from '../../run/published-release.ts';
import {
  fetchRelease,
  releaseReference,
  releaseTags,
  type ReleaseRegistry,
} from '../../run/release-artifact.ts';
import type { Release } from '../../run/schema.ts';
import type { ReleasedContent } from './expired-images.ts';

export type PrunedRegistry = ReleaseRegistry & Pick<RegistryClient, 'deleteManifest' | 'listTags'>;

/** Whose releases are read, and who has to have signed them. */
export interface PrunedFamily extends PublishedIn {
  readonly registry: PrunedRegistry;
}

export interface KnownReleases {
  readonly releases: readonly Release[];
  /** Those that are not believed: somebody else's word, or under a name that is not theirs. */
  readonly doubtful: readonly Release[];
  /** Runs behind the names that move. */
  readonly pointers: ReadonlySet<string>;
}

const runTag = /^\d{8}-\d{6}-[0-9a-f]{4}$/;

/** All releases that the registry has. The error is a sentence: what cannot be read may name what is in use. */
export async function readReleases(
  where: PrunedFamily,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Result<KnownReleases, string>> {
  const any = releaseReference(target, releaseTags.newest);
  if (any === undefined) return ok({ releases: [], doubtful: [], pointers: new Set() });
  const listed = await where.registry.listTags(any, signal);
  if (listed.kind === 'failed') return err(listed.error.message);
  const tags = listed.kind === 'absent' ? [] : listed.tags;
  const prefix = publishedTag(target.naming, releaseName, '');
  const runs = tags
    .filter((tag) => tag.startsWith(prefix))
    .map((tag) => tag.slice(prefix.length))
    .filter((tag) => runTag.test(tag));
  const releases = new Map<string, Release>();
  const doubtful: Release[] = [];
  const pointers = new Set<string>();
  for (const tag of [...runs, releaseTags.newest, releaseTags.green]) {
    const reference = releaseReference(target, tag);
    if (reference === undefined) continue;
    const read = await readOne(where, reference, signal);
    if (!read.ok) return read;
    if (read.value === undefined) continue;
    const { release, isBelieved } = read.value;
    const isPointer = !runs.includes(tag);
    // What names another run than its tag would have that one removed in its place.
    if (!isBelieved || (!isPointer && release.run !== tag)) doubtful.push(release);
    else releases.set(release.run, release);
    if (isPointer && isBelieved) pointers.add(release.run);
  }
  return ok({ releases: [...releases.values()], doubtful, pointers });
}

async function readOne(
  where: PrunedFamily,
  reference: Reference,
  signal: AbortSignal,
): Promise<Result<{ readonly release: Release; readonly isBelieved: boolean } | undefined, string>> {
  const trusted = await trustedRelease(where, reference, signal);
  if (!trusted.ok) return trusted;
  if (trusted.value === undefined) return ok(undefined);
  if (trusted.value !== 'unsigned') return ok({ release: trusted.value, isBelieved: true });
  const release = await fetchRelease(where.registry, reference, signal);
  // What is no release at all is nobody's word either way.
  return ok(release.ok && release.value ? { release: release.value, isBelieved: false } : undefined);
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
