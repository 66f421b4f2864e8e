/** The names on a command line → the images that they mean. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ImageSet } from './image-set.ts';
import { usageError } from './usage-error.ts';

/**
 * Image names in the family's order, each once. A name may be an image's, a definition's (all its images)
 * or a group's; no names mean the group `default`. Unknown names are all told, in the order given.
 */
export function selectImages(
  set: ImageSet,
  names: readonly string[],
): Result<readonly string[], readonly Diagnostic[]> {
  const wanted = new Set<string>();
  const unknown: Diagnostic[] = [];
  for (const name of new Set(names.length === 0 ? ['default'] : names)) {
    const found = imagesOf(set, name);
    if (found === undefined) unknown.push(unknownName(set, name));
    for (const image of found ?? []) wanted.add(image);
  }
  if (unknown.length > 0) return err(unknown);
  return ok(set.images.map((image) => image.name).filter((name) => wanted.has(name)));
}

function imagesOf(set: ImageSet, name: string): readonly string[] | undefined {
  if (set.images.some((image) => image.name === name)) return [name];
  const group = set.groups.get(name);
  if (group !== undefined) return group;
  const ofDefinition = set.images.filter((image) => image.definition === name).map((image) => image.name);
  return ofDefinition.length > 0 ? ofDefinition : undefined;
}

function unknownName(set: ImageSet, name: string): Diagnostic {
  if (set.mirrors.some((mirror) => mirror.name === name)) {
    return usageError('unknown-image', `\`${name}\` is a mirror; there is nothing to build`, undefined);
  }
  const known = new Set([
    ...set.images.flatMap((image) => [image.name, image.definition]),
    ...set.groups.keys(),
  ]);
  return usageError('unknown-image', `no image, definition or group is called \`${name}\``, undefined, {
    help: didYouMean(name, known) ?? 'matrix.yaml names the definitions and groups',
  });
}
