/**
 * What the form with one repository for all images asks besides: names and tags share one tag there,
 * which has an end, and in which two images can meet.
 */
import { isValidTag } from '../../registry/reference.ts';
import { keyTag, passTag } from '../core/labels.ts';
import type { Check } from './check.ts';
import type { Image } from './image-set.ts';
import { publishedTag } from './naming.ts';
import { usageError } from './usage-error.ts';

const naming = 'single-repository';
const anyKey = '0'.repeat(64);

/** Tells names that leave no room for the record's tags, and tags of two images that would be the same. */
export function checkSingleRepository(
  check: Check,
  images: readonly Image[],
  templates: readonly string[],
): void {
  for (const image of images) {
    const record = [keyTag(anyKey), passTag(anyKey)].map((tag) => publishedTag(naming, image.name, tag));
    if (record.every(isValidTag)) continue;
    check.findings.add(
      usageError('invalid-name', `\`${image.name}\` is too long for a single repository`, image.span, {
        help: 'there a tag holds the name and a key of 64 digits: at most 58 characters are left for the name',
      }),
    );
  }
  checkMeetingTags(check, images, templates);
}

function checkMeetingTags(check: Check, images: readonly Image[], templates: readonly string[]): void {
  const owners = new Map<string, string>();
  for (const { name } of images.filter((image) => image.kind !== 'builder')) {
    const tags = new Set(templates.map((template) => template.replaceAll('{name}', name)));
    for (const tag of tags) {
      const published = publishedTag(naming, name, tag);
      const owner = owners.get(published);
      if (owner === undefined) owners.set(published, name);
      else {
        const message = `\`${owner}\` and \`${name}\` would both be published as \`${published}\``;
        check.findings.add(
          usageError('duplicate-tag', message, check.source.valueSpan(['tags']), {
            help: 'choose other tags, or `naming: repository-per-image`',
          }),
        );
      }
    }
  }
}
