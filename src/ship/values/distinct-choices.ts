/**
 * Choices of one profile option that offer several versions of one image, such as this year's and last year's. Brought
 * up to the release they would all be the same: which of them follows it, only matrix.yaml can say. Pure.
 */
import type { Diagnostic } from '../../core/diagnostic.ts';
import type { ValuesSettings } from '../../matrix/image-set.ts';
import { usageError } from '../../matrix/usage-error.ts';
import { shownScalar, type ImagePlace } from './image-places.ts';
import { leadsTo } from './match-release.ts';

/** A place of ours, the image that it means, and what it says now. */
export interface OurPlace {
  readonly place: ImagePlace;
  readonly image: string;
  readonly written: string;
}

/** The places that stay as they are, and what is told of each: an error until matrix.yaml names one that moves. */
export function distinctChoices(
  ours: readonly OurPlace[],
  settings: ValuesSettings,
): ReadonlyMap<ImagePlace, Diagnostic> {
  const kept = new Map<ImagePlace, Diagnostic>();
  const inOptions = ours.filter(({ place }) => optionOf(place) !== undefined);
  for (const group of Map.groupBy(inOptions, (each) => `${optionOf(each.place)} ${each.image}`).values()) {
    if (new Set(group.map(({ written }) => written)).size < 2) continue;
    const isNamed = ({ place }: OurPlace): boolean =>
      settings.images.some(({ path }) => leadsTo(path, place.steps));
    const severity = group.some(isNamed) ? 'warning' : 'error';
    for (const each of group)
      if (!isNamed(each)) kept.set(each.place, { ...severalVersions(each), severity });
  }
  return kept;
}

/** The option that an image is a choice of: `profile_options.*.choices`. */
function optionOf({ steps }: ImagePlace): string | undefined {
  const names = steps.map(([name]) => name);
  const at = names.lastIndexOf('choices');
  return at >= 2 && names[at - 2] === 'profile_options' ? names.slice(0, at).join('.') : undefined;
}

function severalVersions({ place, image, written }: OurPlace): Diagnostic {
  const path = place.steps.map(([name]) => name).join('.');
  return usageError(
    'several-versions',
    `choices of one option offer several versions of \`${image}\`, and \`${written}\` stays as it is`,
    shownScalar(place).span,
    {
      help: `say in matrix.yaml which of them follows the release: \`values: { images: { "${path}": ${image} } }\``,
    },
  );
}
