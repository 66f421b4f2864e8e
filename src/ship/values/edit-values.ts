/**
 * Brings the images in a text of Helm values up to a release: the bytes of the changed scalars differ and no others,
 * so that comments, order, anchors, quoting and line ends stay as they are. Pure.
 */
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { Release } from '../../run/schema.ts';
import { findImagePlaces, type ImagePlace, type ScalarPlace } from './image-places.ts';
import { matchPlace, type Wanted } from './match-release.ts';

/** One scalar that is not what the release has. */
export interface ValueChange {
  readonly image: string;
  readonly path: string;
  readonly span: SourceSpan;
  readonly from: string;
  readonly to: string;
}

export interface EditedValues {
  /** The whole text as it should be. */
  readonly text: string;
  readonly changes: readonly ValueChange[];
  /** Places that name an image of the release, right or wrong. */
  readonly ours: number;
  /** Images in our registry that the release does not have; nothing is changed there. */
  readonly unknown: readonly Diagnostic[];
}

interface Edit extends ValueChange {
  readonly start: number;
  readonly end: number;
  readonly written: string;
}

/** The edited text, or why the file cannot be read. */
export function editValues(
  file: string,
  text: string,
  release: Release,
): Result<EditedValues, readonly Diagnostic[]> {
  const places = findImagePlaces(file, text);
  if (!places.ok) return places;
  const edits: Edit[] = [];
  const unknown: Diagnostic[] = [];
  const errors: Diagnostic[] = [];
  let ours = 0;
  for (const place of places.value) {
    const match = matchPlace(place, release);
    if (match.kind === 'unknown') unknown.push(notReleased(place, match.repository));
    if (match.kind !== 'ours') continue;
    ours += 1;
    if (place.form === 'pair' && place.tag === undefined) errors.push(noTag(place.name.span, match.wanted));
    else edits.push(...editsOf(place, match.wanted));
  }
  if (errors.length > 0) return err(errors);
  // One scalar may be meant by several places, through an anchor.
  const once = [...new Map(edits.map((edit) => [edit.start, edit])).values()];
  return ok({ text: applied(text, once), changes: once.map(changeOf), ours, unknown });
}

function editsOf(place: ImagePlace, { image, repository, tag }: Wanted): readonly Edit[] {
  if (place.form === 'string') return editOf(place, place.reference, image, `${repository}:${tag}`);
  const tagEdits = place.tag === undefined ? [] : editOf(place, place.tag, image, tag);
  return [...editOf(place, place.name, image, repository), ...tagEdits];
}

function editOf({ path }: ImagePlace, scalar: ScalarPlace, image: string, to: string): readonly Edit[] {
  const { value: from, start, end, quote, span } = scalar;
  if (from === to) return [];
  // References hold nothing that either kind of quotes would have to escape, or that ends a plain scalar.
  return [{ image, path, span, from, to, start, end, written: `${quote}${to}${quote}` }];
}

function applied(text: string, edits: readonly Edit[]): string {
  let result = '';
  let done = 0;
  for (const { start, end, written } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(done, start) + written;
    done = end;
  }
  return result + text.slice(done);
}

function changeOf({ image, path, span, from, to }: Edit): ValueChange {
  return { image, path, span, from, to };
}

function notReleased(place: ImagePlace, repository: string): Diagnostic {
  const { span } = place.form === 'string' ? place.reference : place.name;
  return usageError('not-released', `the release has no image \`${repository}\``, span, {
    help: 'publish it (`./build images --push`), or name another',
  });
}

function noTag(span: SourceSpan, { tag }: Wanted): Diagnostic {
  return usageError('no-tag', 'there is no `tag:` beside this name that could be set', span, {
    help: `write it below: \`tag: "${tag}"\``,
  });
}
