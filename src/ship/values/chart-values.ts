/** Several files of Helm values → the one value that zero-to-jupyterhub gets of them, as Helm merges them. Pure. */
import type { ValuesDocuments } from './values-document.ts';

type Values = Readonly<Record<string, unknown>>;

/** The chart's own values, from the top or beneath the charts around it; of two files the later counts. */
export function chartValuesOf(files: readonly ValuesDocuments[]): Values {
  return files
    .flatMap(({ documents }) => documents.map((document) => withMerges(document.toJS({ maxAliasCount: -1 }))))
    .reduce<Values>((merged, value) => (isValues(value) ? merge(merged, chartTop(value)) : merged), {});
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands under `jupyterhub` is the chart's, where there is one: a wrapper's other keys are not. */
function chartTop(values: Values): Values {
  const all = [values, ...Object.values(values).filter(isValues)];
  const inner = all.map((each) => each['jupyterhub']).find(isValues);
  return inner ?? values;
}

/** Maps are merged, everything else is replaced, and null takes away. */
function merge(below: Values, above: Values): Values {
  const merged = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const before = merged[key];
    if (value === null) delete merged[key];
    else merged[key] = isValues(before) && isValues(value) ? merge(before, value) : value;
  }
  return merged;
}

/** `<<: *anchor` as Helm reads it; the parser knows YAML 1.2, which has it no more. */
function withMerges(value: unknown, done = new Map<unknown, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    done.set(value, items);
    for (const each of value) items.push(withMerges(each, done));
    return items;
  }
  const made: Record<string, unknown> = {};
  done.set(value, made);
  const merged = '<<' in value ? withMerges(value['<<'], done) : [];
  for (const each of [merged].flat().toReversed()) if (isValues(each)) Object.assign(made, each);
  for (const [key, each] of Object.entries(value)) if (key !== '<<') made[key] = withMerges(each, done);
  return made;
}
