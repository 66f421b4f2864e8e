/**
 * Which image of a release a place in Helm values means, and what should stand there. Pure. What is not ours is not
 * answered, and so left alone.
 */
import { parseReference } from '../../../registry/reference.ts';
import type { ValuesSettings } from '../../matrix/image-set.ts';
import { shortKey } from '../../matrix/naming.ts';
import type { Release, ReleasedImage } from '../../run/schema.ts';
import { placeText, type ImagePlace } from './image-places.ts';

/** What should stand in a place. */
export interface Wanted {
  readonly image: string;
  readonly repository: string;
  /** The tag for people … */
  readonly tag: string;
  /** … and the digest for the engine. */
  readonly digest: string;
}

/** What a place is, as far as the release can tell. */
export type Match =
  | { readonly kind: 'ours'; readonly wanted: Wanted }
  /** Said to be ours, and in no release: by its registry, or by `values:` in matrix.yaml. */
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'foreign' };

const foreign: Match = { kind: 'foreign' };

/** What is not said: nothing but the release's own repositories is ours. */
export const noValuesSettings: ValuesSettings = { images: [], formerly: [], pullSecret: undefined };

/** `name` is what another file says for a place that has but a tag. */
export function matchPlace(
  place: ImagePlace,
  release: Release,
  settings: ValuesSettings,
  name: string | undefined,
): Match {
  return matchReference({ steps: place.steps, reference: placeText(place, name) }, release, settings);
}

/**
 * First what `values:` in matrix.yaml says of where it is written; then the repositories of the release; then those
 * that the family had formerly.
 */
export function matchReference(
  { steps, reference: written }: { readonly steps: ImagePlace['steps']; readonly reference: string },
  release: Release,
  settings: ValuesSettings,
): Match {
  const rule = settings.images.find(({ path }) => leadsTo(path, steps));
  if (rule !== undefined) {
    const image = release.images.find((each) => each.name === rule.image);
    return image === undefined
      ? { kind: 'unknown', name: rule.image }
      : { kind: 'ours', wanted: wantedOf(image, release.naming, undefined) };
  }
  const parsed = parseReference(written);
  if (parsed.kind === 'invalid-reference') return foreign;
  const { familiarName: repository, tag } = parsed;
  const isSingle = release.naming === 'single-repository';
  const image = isSingle ? byTag(release, repository, tag) : byRepository(release, repository);
  if (image !== undefined) return { kind: 'ours', wanted: wantedOf(image, release.naming, written) };
  const moved = settings.formerly
    .map((former) => byFormer(release, repository, tag, canonicalName(former)))
    .find((each) => each !== undefined);
  if (moved !== undefined) return { kind: 'ours', wanted: wantedOf(moved, release.naming, undefined) };
  const registry = canonicalName(release.registry);
  // `docker.io/jupyter` as an image is `library/jupyter`, and no registry of anybody's.
  const isRegistry = repository === registry && /[/.:]/.test(registry);
  const isOurs = isRegistry || (!isSingle && repository.startsWith(`${registry}/`));
  return isOurs ? { kind: 'unknown', name: isSingle ? `${repository}:${tag ?? ''}` : repository } : foreign;
}

/** Whether a path of matrix.yaml leads to a place: step by step, `*` for any one. */
export function leadsTo(path: readonly string[], steps: readonly (readonly string[])[]): boolean {
  return (
    path.length === steps.length &&
    path.every((step, index) => step === '*' || steps[index]?.includes(step) === true)
  );
}

/** Images by the one spelling of their repositories: a large file asks of thousands of places. */
const indexes = new WeakMap<Release, ReadonlyMap<string, ReleasedImage>>();

function byRepository(release: Release, repository: string): ReleasedImage | undefined {
  let index = indexes.get(release);
  if (index === undefined) {
    index = new Map(release.images.map((image) => [canonicalName(repositoryOf(image)), image]));
    indexes.set(release, index);
  }
  return index.get(repository);
}

/** `registry:NAME-VERSION`: of two names the longer, for one may begin the other. */
function byTag(release: Release, repository: string, tag: string | undefined): ReleasedImage | undefined {
  return repository === canonicalName(release.registry) ? longestName(release, tag) : undefined;
}

function longestName(release: Release, tag = ''): ReleasedImage | undefined {
  return release.images
    .filter(({ name }) => tag.startsWith(`${name}-`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
}

/** In a registry of earlier days images may have been named by either scheme. */
function byFormer(
  release: Release,
  repository: string,
  tag: string | undefined,
  former: string,
): ReleasedImage | undefined {
  if (repository === former) return longestName(release, tag);
  return release.images.find(({ name }) => repository === `${former}/${name}`);
}

function wantedOf(image: ReleasedImage, naming: string, written: string | undefined): Wanted {
  const released = releasedTagOf(image, naming);
  // `docker.io/library/x` and `x` are one: how the user spells it stays.
  const spelled = written === undefined ? undefined : nameOf(written);
  return { image: image.name, ...released, ...(spelled === undefined ? {} : { repository: spelled }) };
}

/** Repository, tag and digest of a released image: of its tags the one that names its key, which never moves. */
export function releasedTagOf(image: ReleasedImage, naming: string): Omit<Wanted, 'image'> {
  const tag = image.tags.find((each) => each.includes(shortKey(image.key))) ?? image.tags.at(-1) ?? 'latest';
  const published = naming === 'single-repository' ? `${image.name}-${tag}` : tag;
  return { repository: repositoryOf(image), tag: published, digest: image.digest };
}

/** Where an image was published. */
export function repositoryOf({ reference }: ReleasedImage): string {
  return reference.slice(0, reference.lastIndexOf('@'));
}

/** One spelling for each repository. */
export function canonicalName(name: string): string {
  // A host alone is no repository, though its port looks like a tag.
  if (!name.includes('/') && (/[.:]/.test(name) || name === 'localhost')) return name;
  const parsed = parseReference(name);
  return parsed.kind === 'reference' ? parsed.familiarName : name;
}

/** A reference without its tag and digest, as it is spelled. */
function nameOf(reference: string): string {
  const [beforeDigest = ''] = reference.split('@');
  const colon = beforeDigest.lastIndexOf(':');
  return colon > beforeDigest.lastIndexOf('/') ? beforeDigest.slice(0, colon) : beforeDigest;
}
