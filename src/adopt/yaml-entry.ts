/**
 * One entry of a list, written as YAML: as lines or in braces, quoted as its neighbour is. Pure text.
 */
import { Document, isMap, isScalar, Scalar, YAMLMap } from 'yaml';

/** Keys and values in the order in which they are written. */
export type Entry = ReadonlyMap<string, string | boolean>;

type Quotes = ReadonlyMap<string, Scalar.Type>;

/** How a neighbour is written. */
export interface EntryStyle {
  readonly form: 'block' | 'flow';
  /** Space within the braces of the flow form. */
  readonly padding: string;
  /** Quotes of the values, by key; an absent key has those that YAML needs. */
  readonly quotes: Quotes;
}

/** The style of an entry that stands in the text already; of what is no map, the usual one. */
export function styleOfEntry(text: string, node: unknown): EntryStyle {
  if (!isMap(node)) return { form: 'block', padding: ' ', quotes: new Map() };
  const quotes = new Map(
    node.items.flatMap(({ key, value }): [string, Scalar.Type][] =>
      isScalar(key) && isScalar(value) && isQuoted(value.type) ? [[String(key.value), value.type]] : [],
    ),
  );
  if (node.flow !== true) return { form: 'block', padding: ' ', quotes };
  const start = node.range?.[0] ?? 0;
  return { form: 'flow', padding: /^\{(?=\S)/.test(text.slice(start)) ? '' : ' ', quotes };
}

function isQuoted(type: Scalar['type']): type is Scalar.QUOTE_DOUBLE | Scalar.QUOTE_SINGLE {
  return type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE';
}

/** `{ name: physics, repo: … }` */
export function flowEntry(entry: Entry, { padding, quotes }: EntryStyle): string {
  const pairs = [...entry].map(([key, value]) => `${key}: ${scalar(value, quotes.get(key), true)}`);
  return `{${padding}${pairs.join(', ')}${padding}}`;
}

export interface BlockLayout {
  /** What stands before the dash. */
  readonly lead: string;
  /** What stands between the dash and the first key. */
  readonly afterDash: string;
  readonly feed: string;
  readonly quotes?: Quotes;
}

/** `- name: physics`, and a line for each further key; no line feed at the end. */
export function blockEntry(entry: Entry, { lead, afterDash, feed, quotes }: BlockLayout): string {
  const indent = `${lead} ${afterDash}`;
  const lines = [...entry].map(([key, value]) => `${key}: ${scalar(value, quotes?.get(key), false)}`);
  return `${lead}-${afterDash}${lines.join(feed + indent)}`;
}

/** A value with the quotes that its place and its text need. */
function scalar(value: string | boolean, type: Scalar.Type | undefined, inFlow: boolean): string {
  const node = new Scalar(value);
  if (type !== undefined && typeof value === 'string') node.type = type;
  const map = new YAMLMap();
  map.flow = inFlow;
  map.set('k', node);
  const written = new Document(map).toString({ lineWidth: 0 }).trimEnd();
  return inFlow ? written.slice('{ k: '.length, -' }'.length) : written.slice('k: '.length);
}
