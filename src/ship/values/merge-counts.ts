/** Who reads a scalar through a merge key: before it is changed, all of them have to want that. Pure. */
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

/** Adds to `counts`, by a scalar's offset, each map that gets it through `<<` and has no value of its own. */
export function countMerges(
  document: Document,
  targets: ReadonlyMap<Alias, Node>,
  counts: Map<number, number>,
): void {
  const follow = (node: unknown): unknown => (isAlias(node) ? targets.get(node) : node);
  visit(document, {
    Map(_, map) {
      const sources = map.items
        .filter(({ key }) => isScalar(key) && key.value === '<<')
        .map(({ value }) => follow(value))
        .flatMap((merged) => (isSeq(merged) ? merged.items.map(follow) : [merged]))
        .filter((source): source is YAMLMap => isMap(source) && source !== map);
      if (sources.length === 0) return;
      const taken = new Set(map.items.map(({ key }) => (isScalar(key) ? key.value : key)));
      for (const { key, value } of sources.flatMap(({ items }) => items)) {
        if (!isScalar(key) || taken.has(key.value)) continue;
        taken.add(key.value);
        if (isScalar(value) && value.range) counts.set(value.range[0], (counts.get(value.range[0]) ?? 0) + 1);
      }
    },
  });
}
