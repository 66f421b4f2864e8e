/**
 * Which image of a release a place in Helm values means, and what should stand there. Pure. What is not ours is not
 * answered, and so left alone.
 */
import { parseReference } from '../../../registry/reference.ts';
import { shortKey } from '../../matrix/naming.ts';
import type { Release, ReleasedImage } from '../../run/schema.ts';
import type { ImagePlace } from './image-places.ts';

/** What should stand in a place. */
export interface Wanted {
  readonly image: string;
  readonly repository: string;
  /** `TAG@sha256:…`: the tag for people, the digest for the engine. */
  readonly tag: string;
}

/** What a place is, as far as the release can tell. */
export type Match =
  | { readonly kind: 'ours'; readonly wanted: Wanted }
  /** In our registry, and in no release. */
  | { readonly kind: 'unknown'; readonly repository: string }
  | { readonly kind: 'foreign' };

const foreign: Match = { kind: 'foreign' };

/**
 * Ours is what names a repository of the release, and, where the chart starts it as an image of the hub, what has the
 * name of one of its images in another registry: there the release moves in.
 */
export function matchPlace(place: ImagePlace, release: Release): Match {
  const text = place.form === 'string' ? place.reference.value : joined(place.name.value, place.tag?.value);
  const parsed = parseReference(text);
  if (parsed.kind === 'invalid-reference') return foreign;
  const { familiarName: repository, tag } = parsed;
  const image =
    release.naming === 'single-repository'
      ? byTag(release, repository, tag ?? '')
      : byRepository(release, repository, place.inChart);
  if (image !== undefined) return { kind: 'ours', wanted: wantedOf(image, release.naming) };
  const isOurs = repository === release.registry || repository.startsWith(`${release.registry}/`);
  return isOurs ? { kind: 'unknown', repository } : foreign;
}

function byRepository(release: Release, repository: string, inChart: boolean): ReleasedImage | undefined {
  const exact = release.images.find((image) => repositoryOf(image) === repository);
  if (exact !== undefined || !inChart) return exact;
  const last = repository.slice(repository.lastIndexOf('/') + 1);
  return release.images.find(({ name }) => name === last);
}

/** `registry:NAME-VERSION`: of two names the longer, for one may begin the other. */
function byTag(release: Release, repository: string, tag: string): ReleasedImage | undefined {
  if (repository !== release.registry) return undefined;
  return release.images
    .filter(({ name }) => tag.startsWith(`${name}-`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

function wantedOf(image: ReleasedImage, naming: string): Wanted {
  const tag = image.tags.find((each) => each.includes(shortKey(image.key))) ?? image.tags.at(-1) ?? 'latest';
  const published = naming === 'single-repository' ? `${image.name}-${tag}` : tag;
  return { image: image.name, repository: repositoryOf(image), tag: `${published}@${image.digest}` };
}

function repositoryOf({ reference }: ReleasedImage): string {
  return reference.slice(0, reference.lastIndexOf('@'));
}

/** A pair's tag may hold a digest as well: `1.0@sha256:…`. */
function joined(name: string, tag: string | undefined): string {
  return tag === undefined ? name : `${name}:${tag}`;
}
