/**
 * How images are called where they are published, in both naming schemes, and what their tags are.
 * Pure text: pushes nothing.
 */
import { isValidTag } from '../../registry/reference.ts';
import type { RegistryTarget } from './image-set.ts';

/** What the placeholders of a tag template stand for. */
export interface TagValues {
  /** The day on which the image was built: YYYY-MM-DD. */
  readonly date: string;
  /** The content key; a tag takes its first 12 digits. */
  readonly key: string;
  /** The image's name. */
  readonly name: string;
}

/** Placeholders that a tag template may use. */
export const tagPlaceholders = ['date', 'key', 'name'] as const;

const shownKeyLength = 12;

/** A content key as tags and people's texts show it. */
export function shortKey(key: string): string {
  return key.slice(0, shownKeyLength);
}

/** The repository of an image: `prefix/name`, or the prefix itself where one repository holds all. */
export function publishedRepository(target: RegistryTarget, imageName: string): string {
  switch (target.naming) {
    case 'repository-per-image':
      return `${target.prefix}/${imageName}`;
    case 'single-repository':
      return target.prefix;
    default:
      return target.naming satisfies never;
  }
}

/** The tag as it stands in the registry: `tag`, or `name-tag` where one repository holds all. */
export function publishedTag(naming: RegistryTarget['naming'], imageName: string, tag: string): string {
  return naming === 'single-repository' ? `${imageName}-${tag}` : tag;
}

/** The whole reference: `prefix/name:tag` or `prefix:name-tag`. */
export function publishedReference(target: RegistryTarget, imageName: string, tag: string): string {
  return `${publishedRepository(target, imageName)}:${publishedTag(target.naming, imageName, tag)}`;
}

/**
 * The tags of one image, in the order of the templates and without repetition.
 * The templates are those of a checked image set; a tag that is none is therefore a bug, and throws.
 */
export function renderTags(templates: readonly string[], values: TagValues): readonly string[] {
  const tags = templates.map((template) => renderTag(template, values));
  const wrong = tags.find((tag) => !isValidTag(tag));
  if (wrong !== undefined) throw new Error(`not a tag: ${wrong}`);
  return [...new Set(tags)];
}

/** One template filled in, valid or not. */
export function renderTag(template: string, values: TagValues): string {
  return template
    .replaceAll('{date}', values.date)
    .replaceAll('{key}', shortKey(values.key))
    .replaceAll('{name}', values.name);
}
