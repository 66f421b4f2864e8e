/** What `build emit` writes: files by name, and the images that stand in them. Pure. */
import type { ImageSet } from '../../matrix/image-set.ts';
import { publishedReference } from '../../matrix/naming.ts';
import type { Release } from '../../run/schema.ts';
import { releasedTagOf } from '../values/match-release.ts';

/** A file of what is written; `path` has forward slashes, relative to where it goes. */
export interface EmittedFile {
  readonly path: string;
  readonly text: string;
}

/** An image as a manifest names it. */
export interface NamedImage {
  readonly repository: string;
  readonly tag: string;
  /** Undefined where nothing is released: then the tag has to do. */
  readonly digest: string | undefined;
}

/** The released image by digest; where there is no release, what a registry or this machine's engine would call it. */
export function namedImage(name: string, set: ImageSet, release: Release | undefined): NamedImage {
  const released = release?.images.find((each) => each.name === name);
  if (released !== undefined && release !== undefined) return releasedTagOf(released, release.naming);
  const tag = set.tags.find((each) => !each.includes('{')) ?? 'latest';
  if (set.registry === undefined) return { repository: name, tag, digest: undefined };
  const reference = publishedReference(set.registry, name, tag);
  const colon = reference.lastIndexOf(':');
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1), digest: undefined };
}

/** The whole reference. */
export function referenceOf({ repository, tag, digest }: NamedImage): string {
  return `${repository}:${tag}${digest === undefined ? '' : `@${digest}`}`;
}
