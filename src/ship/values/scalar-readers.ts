/**
 * Who reads a scalar of a file besides the place that it stands in: by an alias, or by a merge key. Before it is
 * changed, all of them have to want that. Pure.
 */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml';
import type { SourceSpan } from '../../core/diagnostic.ts';
import type { Spans } from './values-document.ts';

/** One that reads a scalar, by the offset of the alias or of the map that merges it in. */
export interface Reader {
  readonly at: number;
  readonly span: SourceSpan;
}

/**
 * Readers by where the scalar's node begins; those of an alias, which may give way to a value, by where it does. What
 * is anchored where it means something itself is a reader of its own.
 */
export type Readers = ReadonlyMap<number, readonly Reader[]>;

/** What is known of a document's images. */
export interface KnownImages {
  readonly targets: ReadonlyMap<Alias, Node>;
  /** Maps that are an image: name, tag and what else. */
  readonly maps: ReadonlySet<unknown>;
  /** Aliases that stand where an image stands. */
  readonly aliases: ReadonlySet<Alias>;
  /** Whether what a key holds is an image by itself, wherever it is merged. */
  readonly isImageKey: (key: unknown) => boolean;
}

/** Of these an image is put together. */
const parts: ReadonlySet<unknown> = new Set(['name', 'registry', 'repository', 'tag', 'digest']);

/** Adds a document's readers to `readers`. */
export function addReaders(
  document: Document,
  known: KnownImages,
  spans: Spans,
  readers: Map<number, Reader[]>,
): void {
  const follow = (node: unknown): unknown => (isAlias(node) ? known.targets.get(node) : node);
  const add = (read: unknown, by: Node): void => {
    if (isAlias(read)) add(follow(read), by);
    if (!(isAlias(read) || isScalar(read)) || !read.range || !by.range) return;
    const list = readers.get(read.range[0]) ?? [];
    list.push({ at: by.range[0], span: spans.at(by.range[0], by.range[1]) });
    readers.set(read.range[0], list);
  };
  const addParts = (map: YAMLMap, by: Node): void => {
    for (const { key, value } of map.items) if (isScalar(key) && parts.has(key.value)) add(value, by);
  };
  const mergeSources = new Set<unknown>();
  visit(document, {
    Map(_, map, path) {
      for (const { key, value } of mergedPairs(map, follow, mergeSources)) {
        if (!known.isImageKey(isScalar(key) ? key.value : key)) add(value, map);
      }
      if (map.anchor !== undefined && !known.maps.has(map) && !isDefinition(path)) addParts(map, map);
    },
    Scalar(role, scalar, path) {
      if (role !== 'key' && scalar.anchor !== undefined && !isDefinition(path)) add(scalar, scalar);
    },
  });
  for (const [alias, target] of known.targets) {
    if (mergeSources.has(alias)) continue;
    if (isScalar(target)) add(target, alias);
    // An image's map that is something else as well changes there too.
    if (isMap(target) && !known.aliases.has(alias)) addParts(target, alias);
  }
}

/** What a map gets through `<<` and has no value of its own for. */
function mergedPairs(map: YAMLMap, follow: (node: unknown) => unknown, seen: Set<unknown>): readonly Pair[] {
  const merges = map.items.filter(({ key }) => isScalar(key) && key.value === '<<');
  if (merges.length === 0) return [];
  const taken = new Set(map.items.map(({ key }) => (isScalar(key) ? key.value : key)));
  const sources = merges.flatMap(({ value }) => {
    seen.add(value);
    const merged = follow(value);
    if (!isSeq(merged)) return [merged];
    for (const each of merged.items) seen.add(each);
    return merged.items.map(follow);
  });
  return sources
    .filter((source): source is YAMLMap => isMap(source) && source !== map)
    .flatMap(({ items }) => items)
    .filter(({ key }) => {
      const name = isScalar(key) ? key.value : key;
      const isNew = !taken.has(name);
      taken.add(name);
      return isNew;
    });
}

/** Names under which people keep what they only refer to. */
const shelf =
  /^(?:x-|_|\.)|^(?:custom|global|common|anchors?|aliases|definitions?|defaults?|templates?|vars|variables)$/i;

/** Whether an anchor stands where it means nothing by itself: alone at the top, or on a shelf. */
function isDefinition(path: readonly (Node | Document | Pair)[]): boolean {
  const keys = path.flatMap((each) => (isPair(each) && isScalar(each.key) ? [String(each.key.value)] : []));
  return keys.length <= 1 || keys.some((key) => shelf.test(key));
}
