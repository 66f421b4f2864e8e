/**
 * Which published images nobody has a use for: what our own releases named, and neither a release that is kept nor
 * anything that is deployed names now. Pure; in doubt an image stays. What is asked and removed is prune-registry.ts's.
 */
import type { RegistryTarget } from '../../matrix/image-set.ts';
import { publishedRepository } from '../../matrix/naming.ts';
import type { Release, ReleasedImage } from '../../run/schema.ts';

/** Something that names images which run, or will: a values file, a manifest, a cluster's pods. */
export interface DeployedSource {
  readonly name: string;
  readonly text: string;
}

/** One published content of one image. */
export interface ReleasedContent {
  readonly name: string;
  /** `registry/name` */
  readonly repository: string;
  readonly digest: string;
  /** Both together. */
  readonly reference: string;
  readonly keys: readonly string[];
  /** All that releases ever gave it. */
  readonly tags: readonly string[];
  readonly layers: ReleasedImage['layers'];
  /** The last release that names it. */
  readonly lastRelease: { readonly run: string; readonly created: string };
}

export interface RetentionFacts {
  /** All that the registry has, in any order. */
  readonly releases: readonly Release[];
  /** Releases that are not believed: what they name stays, and by their word nothing goes. */
  readonly doubtful: readonly Release[];
  /** Where the family is published: what a release names elsewhere is not ours to remove. */
  readonly target: RegistryTarget;
  /** Runs behind `newest` and `green`. */
  readonly pointers: ReadonlySet<string>;
  readonly keepReleases: number;
  readonly olderThanMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly deployed: readonly DeployedSource[];
}

export interface Retention {
  readonly expired: readonly ReleasedContent[];
  /** Old, and named where something is deployed. */
  readonly kept: readonly { readonly content: ReleasedContent; readonly because: string }[];
  /** Releases that are neither among the last nor young, newest first. */
  readonly releases: readonly Release[];
}

/** What may go of all that our releases named, and what else names the rest. Releases may come in any order. */
export function expiredImages(facts: RetentionFacts): Retention {
  const { doubtful, target, pointers, keepReleases, olderThanMs, now, deployed } = facts;
  const releases = facts.releases.toSorted(newestFirst);
  const staying = releases.filter(
    ({ run, created }, at) =>
      at < keepReleases || pointers.has(run) || !(now - Date.parse(created) >= olderThanMs),
  );
  const current = new Set([...staying, ...doubtful].flatMap(({ images }) => images.map(placeOf)));
  const currentTags = new Set(
    staying.flatMap(({ images }) => images.flatMap(({ name, tags }) => tags.map((tag) => `${name} ${tag}`))),
  );
  const expired: ReleasedContent[] = [];
  const kept: { readonly content: ReleasedContent; readonly because: string }[] = [];
  for (const content of contentsOf(releases)) {
    if (current.has(`${content.repository}@${content.digest}`) || !isOurs(content, target)) continue;
    const own = content.tags.filter((tag) => !currentTags.has(`${content.name} ${tag}`));
    const source = deployed.find(({ text }) => names(text, content, own));
    if (source === undefined) expired.push(content);
    else kept.push({ content, because: `${source.name} names it` });
  }
  return { expired, kept, releases: releases.filter((release) => !staying.includes(release)) };
}

/** Under the family's own name for it, by the digest that the reference itself names. */
function isOurs({ name, reference, digest }: ReleasedContent, target: RegistryTarget): boolean {
  return reference === `${publishedRepository(target, name)}@${digest}`;
}

function placeOf({ reference, digest }: ReleasedImage): string {
  return `${repositoryOf(reference)}@${digest}`;
}

/** Bytes of layers that only expired images have; what a registry frees once it has collected its garbage. */
export function freedBytes(expired: readonly ReleasedContent[], releases: readonly Release[]): number {
  const gone = new Set(expired.map(({ reference }) => reference));
  const staying = new Set(
    releases.flatMap(({ images }) =>
      images
        .filter(({ reference }) => !gone.has(reference))
        .flatMap(({ layers = [] }) => layers.map(({ digest }) => digest)),
    ),
  );
  const freed = new Map(
    expired.flatMap(({ layers = [] }) => layers.map(({ digest, size }) => [digest, size])),
  );
  return [...freed].reduce((sum, [digest, size]) => sum + (staying.has(digest) ? 0 : size), 0);
}

/** By name, then by age, the oldest first; each digest of a repository once. */
function contentsOf(releases: readonly Release[]): readonly ReleasedContent[] {
  const contents = new Map<string, ReleasedContent>();
  // The newest release comes first, and says what was last known.
  for (const { run, created, images } of releases) {
    for (const image of images) {
      const place = `${image.name} ${image.reference}`;
      const before = contents.get(place);
      contents.set(place, {
        name: image.name,
        repository: repositoryOf(image.reference),
        digest: image.digest,
        reference: image.reference,
        keys: [...new Set([...(before?.keys ?? []), image.key])],
        tags: [...new Set([...(before?.tags ?? []), ...image.tags])],
        layers: before?.layers ?? image.layers,
        lastRelease: before?.lastRelease ?? { run, created },
      });
    }
  }
  return [...contents.values()].toSorted(
    (a, b) =>
      compare(a.name, b.name) ||
      compare(a.lastRelease.created, b.lastRelease.created) ||
      compare(a.digest, b.digest),
  );
}

/** The digest anywhere; or one of its own tags as a whole word, in a text that knows its repository. */
function names(text: string, { repository, digest }: ReleasedContent, tags: readonly string[]): boolean {
  if (text.includes(digest)) return true;
  if (!text.includes(repository)) return false;
  return tags.some((tag) =>
    new RegExp(`(?<![\\w.-])(?:[\\w.-]*-)?${RegExp.escape(tag)}(?![\\w.-])`).test(text),
  );
}

function repositoryOf(reference: string): string {
  return reference.slice(0, reference.indexOf('@'));
}

function newestFirst(a: Release, b: Release): number {
  return compare(b.created, a.created) || compare(b.run, a.run);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
