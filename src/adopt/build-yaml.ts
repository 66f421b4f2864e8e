/** YAML of other tools, read as far as it can be: its values, and the lines that its keys stand in. Pure. */
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';

export type YamlMap = Readonly<Record<string, unknown>>;

export interface BuildYaml {
  /** The map on top; empty where there is another thing. */
  readonly root: YamlMap;
  /** The line of a key, or of the nearest above it that is written. */
  readonly lineOf: (keys: readonly (string | number)[]) => number;
}

/** Undefined for what is no YAML, or stands for more than a person writes. */
export function readBuildYaml(text: string): BuildYaml | undefined {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: counter,
    merge: true,
    logLevel: 'silent',
    uniqueKeys: false,
  });
  if (document.errors.length > 0) return undefined;
  try {
    const root = record(document.toJS({ maxAliasCount: 1000 }));
    return { root, lineOf: (keys) => lineOfKeys(document, keys, counter) };
  } catch {
    // Aliases that multiply are found only when they are followed.
    return undefined;
  }
}

function lineOfKeys(document: Document, keys: readonly (string | number)[], counter: LineCounter): number {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const parent = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1), true);
    const key = keys[depth - 1];
    const pair = isMap(parent)
      ? parent.items.find((each) => isScalar(each.key) && String(each.key.value) === key)
      : undefined;
    const node = pair === undefined ? document.getIn(keys.slice(0, depth), true) : pair.key;
    const range = (node as { readonly range?: readonly number[] } | undefined)?.range;
    if (range?.[0] !== undefined) return counter.linePos(range[0]).line;
  }
  return 1;
}

/** A map of YAML; empty for anything else. */
export function record(value: unknown): YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** A list of YAML; empty for anything else. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A scalar as text. */
export function scalar(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
