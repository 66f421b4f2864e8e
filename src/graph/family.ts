/**
 * Says which image of the family a reference names, if any (design, "matrix.yaml, by example"): by the image's
 * name, by its published repository without a tag or with a tag that is published now, or by a reference that
 * its definition provides. Everything else comes from outside. Pure.
 */
import { nearName } from '../core/near-name.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { publishedReference, publishedRepository, renderTag } from '../matrix/naming.ts';
import { formatReference, parseReference, type Reference } from '../../registry/reference.ts';

export interface Family {
  /** The image that `text` names; undefined: it comes from outside. */
  find(text: string): string | undefined;
  /** The image that somebody may have meant by a reference that comes from outside. */
  suggest(reference: Reference): string | undefined;
}

/** One spelling for each thing that references can name: registry and tag (`latest` without one) written out. */
export function canonicalReference(reference: Reference): string {
  const isBare = reference.tag === undefined && reference.digest === undefined;
  return isBare ? `${formatReference(reference)}:latest` : formatReference(reference);
}

/** Prepares the look-up for a set; where two images claim one reference, the first of the file has it. */
export function familyOf(set: ImageSet): Family {
  const names = new Set(set.images.map((image) => image.name));
  const outside = new Map<string, string>();
  for (const image of set.images) {
    for (const reference of [...image.provides, ...publishedReferences(set, image.name)]) {
      const parsed = parseReference(reference);
      const key = parsed.kind === 'reference' ? formatReference(parsed) : reference;
      if (!outside.has(key)) outside.set(key, image.name);
    }
  }
  return {
    find(text) {
      if (names.has(text)) return text;
      const parsed = parseReference(text);
      return parsed.kind === 'reference' ? outside.get(formatReference(parsed)) : undefined;
    },
    suggest({ familiarName }) {
      if (familiarName.includes('/')) return undefined;
      return names.has(familiarName) ? familiarName : nearName(familiarName, names);
    },
  };
}

/** What the image is published as now. A tag with `{date}` or `{key}` names one past content, hence no image. */
function publishedReferences(set: ImageSet, name: string): readonly string[] {
  const { registry } = set;
  if (registry === undefined) return [];
  const tags = set.tags
    .filter((tag) => !/\{(?:date|key)\}/.test(tag))
    .map((tag) => publishedReference(registry, name, renderTag(tag, { date: '', key: '', name })));
  // One repository for all images names none of them without a tag.
  if (registry.naming === 'single-repository') return tags;
  return [publishedRepository(registry, name), ...tags];
}
