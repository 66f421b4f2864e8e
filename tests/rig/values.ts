/** Helm values in tests: a release for all that a file names, and what really differs between two texts. */
import { Lexer, parseAllDocuments } from 'yaml';
import { digestOf } from '../../registry/digest.ts';
import { parseReference } from '../../registry/reference.ts';
import type { Release } from '../../src/run/schema.ts';
import type { ImagePlace } from '../../src/ship/values/image-places.ts';
import { releaseOf } from './release.ts';

/** A release that has each repository which the places name, under its own address. */
export function releaseOfPlaces(places: readonly ImagePlace[]): Release {
  const repositories = new Set(
    places.flatMap((place) => {
      const text = place.form === 'string' ? place.reference.value : (place.name?.value ?? '');
      const parsed = parseReference(text);
      return parsed.kind === 'reference' ? [parsed.familiarName] : [];
    }),
  );
  const release = releaseOf('unused.example.org', [...repositories]);
  const images = release.images.map((image) => ({
    ...image,
    name: image.name.replaceAll('/', '-'),
    reference: `${image.name}@${digestOf(image.name)}`,
  }));
  return { ...release, images };
}

/**
 * The paths at which two texts mean something else. Throws where anything but a scalar's own characters differs, and
 * where a scalar differs that names no image. It goes by YAML's tokens and by what a reader understands, not by the
 * editor's idea of either.
 */
export function changedScalars(before: string, after: string): readonly string[] {
  const [old, now] = [tokensOf(before), tokensOf(after)];
  if (old.length !== now.length) throw new Error(`${old.length} tokens became ${now.length}`);
  for (const [index, token] of old.entries()) {
    const isType = token.startsWith('!!') && now[index] === '!!str';
    if (token !== now[index] && !isType && !isScalarToken(token, old[index - 1])) {
      throw new Error(`${JSON.stringify(token)} became ${JSON.stringify(now[index])}`);
    }
  }
  const changed = differing(plain(before), plain(after), []);
  for (const path of changed) {
    const [last, parent, above] = path.toReversed();
    const inPair = ['name', 'registry', 'repository', 'tag', 'digest'].includes(last ?? '');
    const isImage =
      last === 'image' ||
      last === 'image_spec' ||
      (inPair && (parent === 'image' || above === 'extraImages'));
    if (!isImage) throw new Error(`${path.join('.')} is no image`);
  }
  return changed.map((path) => path.join('.'));
}

/** Whether YAML's own parser finds the text wrong, equal keys among other things. */
export function isRefused(text: string): boolean {
  const documents = parseAllDocuments(text, { logLevel: 'silent' });
  return /\r(?!\n)/.test(text) || documents.some(({ errors }) => errors.length > 0);
}

/** All texts under a key `image` that a reader of the file finds. */
export function imageTexts(text: string): readonly string[] {
  const found: string[] = [];
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if ((key === 'image' || key === 'image_spec') && typeof value === 'string') found.push(value);
      look(value);
    }
  };
  look(plain(text));
  return found;
}

function tokensOf(text: string): readonly string[] {
  return [...new Lexer().lex(text)];
}

/** A plain scalar comes behind the lexer's mark; quoted ones begin with their quote. */
function isScalarToken(token: string, before: string | undefined): boolean {
  return before === '\u001F' || token.startsWith('"') || token.startsWith("'");
}

function plain(text: string): unknown {
  const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: 'error' });
  return Array.isArray(documents) ? documents.map((each) => each.toJS({ maxAliasCount: -1 }) as unknown) : [];
}

function differing(before: unknown, after: unknown, path: readonly string[]): readonly (readonly string[])[] {
  if (before === after) return [];
  if (typeof before === 'object' && before !== null && typeof after === 'object' && after !== null) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      differing(Reflect.get(before, key), Reflect.get(after, key), [...path, key]),
    );
  }
  return [path];
}
