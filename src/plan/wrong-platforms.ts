/** Definitions that name the platforms which they are for, held against the one that this engine builds. Pure. */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Image } from '../matrix/image-set.ts';

/** One error for each definition that has images among these and is for other platforms than `platform`. */
export function wrongPlatforms(images: readonly Image[], platform: string): readonly Diagnostic[] {
  const wrong = images.filter(({ platforms }) => platforms.length > 0 && !platforms.includes(platform));
  const byDefinition = new Map(wrong.map((image) => [image.definition, image]));
  return [...byDefinition.values()].map(({ definition, platforms, span }) => ({
    category: 'environment',
    severity: 'error',
    code: 'wrong-platform',
    message: `\`${definition}\` is for ${platforms.map((each) => `\`${each}\``).join(', ')}, and this engine builds \`${platform}\``,
    span,
    help: `build it on an engine of its platform, or leave it out here: \`'!${definition}+'\``,
  }));
}
