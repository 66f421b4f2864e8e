/** The tags under which one image is published, from matrix.yaml's templates. Pure. */
import type { ImageSet } from '../matrix/image-set.ts';
import { renderTags } from '../matrix/naming.ts';

/**
 * The rendered tags of an image. `created` is the moment its bytes were made, in seconds since 1970; where
 * that is unknown (they lie in the registry alone), templates with `{date}` are left out: they were set when
 * the image was published, and their day cannot have changed since.
 */
export function tagsOf(
  set: ImageSet,
  name: string,
  key: string,
  created: number | undefined,
): readonly string[] {
  const templates = created === undefined ? set.tags.filter((tag) => !tag.includes('{date}')) : set.tags;
  const date = created === undefined ? '' : new Date(created * 1000).toISOString().slice(0, 10);
  return renderTags(templates, { date, key, name });
}

/** Those of them that never move from one image to another. */
export function fixedTagsOf(
  set: ImageSet,
  name: string,
  key: string,
  created: number | undefined,
): ReadonlySet<string> {
  return new Set(tagsOf({ ...set, tags: [...set.fixedTags] }, name, key, created));
}

/** Templates of the tags whose image a new one takes the place of: those that neither hold still nor begin anew each day. */
export function followedTags({ tags, fixedTags }: ImageSet): readonly string[] {
  return tags.filter((tag) => !fixedTags.has(tag) && !tag.includes('{date}'));
}
