/**
 * matrix.lock as text: what stood in it, with the entries that are new or have moved. Comments are kept, sections and
 * entries stand in a fixed order, one line an entry, so that two people's changes merge line by line. A digest stands
 * behind its reference (`debian:trixie-slim@sha256:…`), so that tools that move digests can read it.
 */
import { Document, isMap, isScalar, parseDocument, type Pair, type YAMLMap } from 'yaml';
import type { Lock, LockedImage } from '../matrix/image-set.ts';
import type { Lockable } from './choose-locks.ts';

const header =
  ' Written by `build lock`; committed. What is not in here is open: each run takes what it finds.';

/** As the lock is read: an image may be called `12`, and a commit may have no letter. */
const asText = { schema: 'failsafe' } as const;

const sections = ['roots', 'mirrors', 'git', 'epochs'] as const;
type Section = (typeof sections)[number];

/** The keys of each section that something in the family asks for. */
export type WantedKeys = Readonly<Record<Section, ReadonlySet<string>>>;

/** The keys that a family's locks have. */
export function wantedKeys({ roots, mirrors, git, epochs }: Lockable): WantedKeys {
  return {
    roots: new Set(roots.map(({ name }) => name)),
    mirrors: new Set(mirrors.map(({ name }) => name)),
    git: new Set(git.map(({ key }) => key)),
    epochs: new Set(epochs),
  };
}

/** The lock's text with these entries set, and without those that are not `wanted`. The same entries give the same text. */
export function updateLockText(text: string, entries: Lock, wanted?: WantedKeys): string {
  const isBlank = /^\uFEFF?[ \t\r\n]*$/.test(text);
  const parsed = parseDocument(isBlank ? '' : withOwnBreaks(text), asText);
  const document = parsed.contents === null ? new Document({}, asText) : parsed;
  if (document !== parsed) document.commentBefore = parsed.commentBefore ?? parsed.comment ?? header;
  for (const section of sections) {
    for (const [key, value] of Object.entries<string | LockedImage>(entries[section])) {
      document.setIn([section, key], typeof value === 'string' ? value : textOf(value));
    }
    const map = document.get(section);
    if (isMap(map)) tidy(map, wanted?.[section]);
    if (isMap(map) && map.items.length === 0) document.delete(section);
  }
  if (isMap(document.contents)) {
    // What is locked no more leaves its comment; where nothing was locked, nothing is written.
    if (document.contents.items.length === 0) return document === parsed ? commentOf(document) : text;
    document.contents.flow = false;
    keepHead(document, document.contents);
    document.contents.items.sort((a, b) => place(a) - place(b));
  }
  return document.toString({ lineWidth: 0 });
}

/** The library takes these for line breaks within comments, and YAML does not; elsewhere they are letters of a name. */
function withOwnBreaks(text: string): string {
  return text.replaceAll(/(?<![^ \t\n])#[^\n]*/g, (comment) =>
    comment.replaceAll(/[\u2028\u2029]|\r(?!\n|$)/g, ' '),
  );
}

function commentOf({ commentBefore }: Document): string {
  return (commentBefore ?? '').replaceAll(/^(?=.)/gm, '#').replace(/(?<=.)$/, '\n');
}

/** A comment at the top is the file's, though the parser gives it to the section that happens to be the first. */
function keepHead(document: Document, { items }: YAMLMap): void {
  const key = items[0]?.key;
  const sorted = items.toSorted((a, b) => place(a) - place(b));
  if (sorted[0] === items[0] || !isScalar(key) || typeof key.commentBefore !== 'string') return;
  document.commentBefore = [document.commentBefore, key.commentBefore].filter(Boolean).join('\n');
  delete key.commentBefore;
}

function textOf({ from, digest }: LockedImage): string {
  return from === undefined ? digest : `${from}@${digest}`;
}

function tidy(map: YAMLMap, wanted: ReadonlySet<string> | undefined): void {
  map.flow = false;
  if (wanted !== undefined) map.items = map.items.filter((pair) => wanted.has(keyOf(pair)));
  map.items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** An entry's place is its text, whether it is quoted or not. */
function keyOf({ key }: Pair): string {
  return String(isScalar(key) ? key.value : key);
}

function place(pair: Pair): number {
  return sections.findIndex((section) => section === keyOf(pair));
}
