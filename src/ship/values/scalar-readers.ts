/**
 * Who reads a scalar of a file besides the place that it stands in: by an alias, or by a merge key. Before it is
 * changed, all of them have to want that. Pure.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Alias,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import type { SourceSpan } from '../../core/diagnostic.ts';
import type { Spans } from './values-document.ts';

/** One that reads a scalar, by the offset of the alias or of the map that merges it in. */
export interface Reader {
  readonly at: number;
  readonly span: SourceSpan;
}

/** Readers by where the scalar's node begins. */
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

/** Adds a document's readers to `readers`. */
export function addReaders(
  document: Document,
  known: KnownImages,
  spans: Spans,
  readers: Map<number, Reader[]>,
): void {
  const add = (scalar: unknown, by: Node): void => {
    if (!isScalar(scalar) || !scalar.range || !by.range) return;
    const list = readers.get(scalar.range[0]) ?? [];
    list.push({ at: by.range[0], span: spans.at(by.range[0], by.range[1]) });
    readers.set(scalar.range[0], list);
  };
  const follow = (node: unknown): unknown => (isAlias(node) ? known.targets.get(node) : node);
  const mergeSources = new Set<unknown>();
  visit(document, {
    Map(_, map) {
      for (const source of sourcesOf(map, follow, mergeSources)) {
        for (const { scalar } of source) add(scalar, map);
      }
    },
  });
  for (const [alias, target] of known.targets) {
    if (mergeSources.has(alias)) continue;
    if (isScalar(target)) add(target, alias);
    // An image's map that is something else as well changes there too.
    if (isMap(target) && known.maps.has(target) && !known.aliases.has(alias))
      for (const { value } of target.items) add(value, alias);
  }

  /** What a map gets through `<<` and has no value of its own for; images that are merged whole stay images. */
  function sourcesOf(
    map: YAMLMap,
    followed: (node: unknown) => unknown,
    seen: Set<unknown>,
  ): readonly (readonly { readonly scalar: unknown }[])[] {
    const merges = map.items.filter(({ key }) => isScalar(key) && key.value === '<<');
    if (merges.length === 0) return [];
    const taken = new Set(map.items.map(({ key }) => (isScalar(key) ? key.value : key)));
    return merges
      .flatMap(({ value }) => {
        seen.add(value);
        const merged = followed(value);
        if (!isSeq(merged)) return [merged];
        for (const each of merged.items) seen.add(each);
        return merged.items.map(followed);
      })
      .filter((source): source is YAMLMap => isMap(source) && source !== map)
      .map(({ items }) =>
        items.flatMap(({ key, value }) => {
          const name = isScalar(key) ? key.value : key;
          if (taken.has(name)) return [];
          taken.add(name);
          return known.isImageKey(name) ? [] : [{ scalar: value }];
        }),
      );
  }
}
