/** Checks that need the whole family: names that two images share, and bases that nobody has. */
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import { releaseName } from '../core/labels.ts';
import { didYouMean } from '../core/near-name.ts';
import type { CourseBase } from './axes.ts';
import type { Check } from './check.ts';
import type { Image, Mirror, Root } from './image-set.ts';
import { usageError } from './usage-error.ts';

/** Every image and mirror needs a name of its own, and none may be called like another's definition. */
export function checkImageNames(check: Check, images: readonly Image[], mirrors: readonly Mirror[]): void {
  const owners = new Map<string, { definition: string; span: SourceSpan }>();
  const named = [...images, ...mirrors.map((mirror) => ({ ...mirror, definition: mirror.name }))];
  for (const { name, definition, span } of named) {
    if (name.startsWith(releaseName)) check.findings.add(reserved(name, span));
    const owner = owners.get(name);
    if (owner === undefined) {
      owners.set(name, { definition, span });
      continue;
    }
    const path = ['images', definition, 'name'];
    const place = check.source.has(path) ? check.source.valueSpan(path) : span;
    if (owner.definition === definition) {
      check.findings.add(
        usageError(
          'duplicate-name',
          `several images of \`${definition}\` would be called \`${name}\``,
          place,
          {
            help: 'let `name` mention every axis',
          },
        ),
      );
    } else {
      const notes = [{ message: `the other comes from \`${owner.definition}\``, span: owner.span }];
      check.findings.add(usageError('duplicate-name', `two images are called \`${name}\``, place, { notes }));
    }
  }
  checkForeignNames(check, images);
}

function checkForeignNames(check: Check, images: readonly Image[]): void {
  const definitions = new Map(images.map((image) => [image.definition, image.span]));
  for (const image of images) {
    const other = definitions.get(image.name);
    if (other === undefined || image.definition === image.name) continue;
    // Where that definition has an image of the same name, the clash is told as two images of one name.
    if (images.some((each) => each.definition === image.name && each.name === image.name)) continue;
    const notes = [{ message: 'the definition', span: other }];
    const message = `an image of \`${image.definition}\` is called like the definition \`${image.name}\``;
    check.findings.add(usageError('duplicate-name', message, image.span, { notes }));
  }
}

/** A reference stands for one image only: not for all images of a definition with axes, nor for those of two. */
export function checkProvides(check: Check, images: readonly Image[]): void {
  const providers = new Map<string, Image>();
  for (const image of images) {
    for (const [index, reference] of image.provides.entries()) {
      const first = providers.get(reference);
      if (first === undefined) {
        providers.set(reference, image);
        continue;
      }
      const span = check.source.valueSpan(['images', image.definition, 'provides', index]);
      const message = `\`${reference}\` is provided by \`${first.name}\` and by \`${image.name}\``;
      check.findings.add(usageError('duplicate-provides', message, span));
    }
  }
}

/** A course's base without registry or tag is an image of the family, or exactly what a root stands for. */
export function checkCourseBases(
  bases: readonly CourseBase[],
  images: readonly Image[],
  roots: readonly Root[],
): void {
  const known = new Set([...images.map((image) => image.name), ...roots.map((root) => root.from)]);
  for (const { base, check, path } of bases) {
    if (known.has(base) || (/[/:@]/.test(base) && !base.startsWith('-'))) continue;
    check.findings.add(
      usageError('unknown-image', `no image is called \`${base}\``, check.source.valueSpan(path), {
        help: didYouMean(base, known) ?? 'name an image of matrix.yaml, or a reference with a tag',
      }),
    );
  }
}

function reserved(name: string, span: SourceSpan): Diagnostic {
  return usageError('reserved-name', `\`${name}\` is where the family’s release is published`, span, {
    help: `give it a name that does not begin with \`${releaseName}\``,
  });
}
