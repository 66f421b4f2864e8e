/** The selectors of a command line → the images that they mean, relatives included. Pure. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { imagesOf, parseSelector } from '../matrix/selector.ts';
import type { ImageGraph } from './image-graph.ts';

/**
 * Image names in the family's order, each once: all that is included, then without all that is excluded, in
 * whatever order they are written. Without an inclusion the group `default` is. Mistakes are all told, in the
 * order given.
 */
export function selectImages(
  set: ImageSet,
  graph: Pick<ImageGraph, 'ancestors' | 'descendants'>,
  selectors: readonly string[],
): Result<readonly string[], readonly Diagnostic[]> {
  const included = new Set<string>();
  const excluded = new Set<string>();
  const mistakes: Diagnostic[] = [];
  let inclusions = 0;
  for (const text of new Set(selectors)) {
    const selector = parseSelector(text);
    const found = selector.ok ? imagesOf(set, selector.value.target) : selector;
    if (!selector.ok || !found.ok) {
      if (!found.ok) mistakes.push(found.error);
      continue;
    }
    const { excludes, ancestors, descendants } = selector.value;
    if (!excludes) inclusions += 1;
    const names = [
      ...found.value,
      ...(ancestors ? graph.ancestors(found.value) : []),
      ...(descendants ? graph.descendants(found.value) : []),
    ];
    for (const name of names) (excludes ? excluded : included).add(name);
  }
  if (mistakes.length > 0) return err(mistakes);
  const wanted = inclusions > 0 ? included : new Set(set.groups.get('default'));
  const names = set.images.map((image) => image.name);
  return ok(names.filter((name) => wanted.has(name) && !excluded.has(name)));
}
