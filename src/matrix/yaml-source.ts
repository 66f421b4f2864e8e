/**
 * One YAML file: its plain value, and for each key and value the place where it stands.
 * Knows YAML and its traps, and nothing of what the keys mean.
 */
import type { Document, Node, Pair, YAMLMap } from 'yaml';
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import type { KeptValues, Scalars } from './kept-values.ts';
import { usageError, usageWarning } from './usage-error.ts';
import { yaml } from './yaml-library.ts';
import { asNode, Places } from './yaml-places.ts';
import { structureErrors, tooManyAliases } from './yaml-structure.ts';

export type YamlPath = readonly (string | number)[];

/** A file that was read without a syntax error. Every span falls back to the nearest parent that exists. */
export interface YamlSource {
  readonly file: string;
  /** The file as plain maps, lists and scalars; aliases are followed. */
  readonly value: unknown;
  has(path: YamlPath): boolean;
  keySpan(path: YamlPath): SourceSpan;
  valueSpan(path: YamlPath): SourceSpan;
  /** The place of a piece of text inside the value; the whole value where it is written in another form. */
  textSpan(path: YamlPath, piece: string): SourceSpan;
  /** The file that a path stands in. */
  fileOf(path: YamlPath): string;
}

export interface YamlReading {
  /** Undefined where the file cannot be understood as YAML. */
  readonly source: YamlSource | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a file's text. `scalars: 'text'` leaves every scalar a string (a commit of digits alone is no number);
 * `'typed'` follows YAML 1.2's core schema. A text whose value is among `values` is parsed only when somebody asks
 * for a place in it.
 */
export function readYaml(file: string, text: string, scalars: Scalars, values?: KeptValues): YamlReading {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const places = new Places(file, clean);
  const known = values?.valueOf(clean, scalars);
  if (known !== undefined) return { source: keptSource(known, clean, scalars, places), diagnostics: [] };
  const reading = readText(file, clean, scalars, places);
  if (reading.source !== undefined && reading.diagnostics.length === 0)
    values?.learn(clean, scalars, reading.source.value);
  return reading;
}

function readText(file: string, clean: string, scalars: Scalars, places: Places): YamlReading {
  if (bracketDepth(clean) > deepestBrackets) return tooDeep(places);
  try {
    return readDocument(file, clean, scalars, places);
  } catch (error) {
    if (isOverflow(error)) return tooDeep(places);
    throw error;
  }
}

function parse(text: string, scalars: Scalars): Document {
  return yaml().parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
    schema: scalars === 'text' ? 'failsafe' : 'core',
  });
}

function readDocument(file: string, text: string, scalars: Scalars, places: Places): YamlReading {
  const document = parse(text, scalars);
  // The parser takes what its own recursion throws for an error of the text.
  if (document.errors.some(isOverflow)) return tooDeep(places);
  const conflicts = document.errors.length > 0 ? mergeConflicts(file, text, places) : [];
  if (conflicts.length > 0) return { source: undefined, diagnostics: conflicts };
  const diagnostics: Diagnostic[] = [
    ...document.errors.map((error) => syntaxError(error.code, error.message, places.span(...error.pos))),
    ...document.warnings.map((warning) =>
      usageWarning('yaml-warning', sentence(warning.message), places.span(...warning.pos)),
    ),
  ];
  if (document.errors.length > 0) return { source: undefined, diagnostics };
  if (document.contents === null || isEmptyScalar(document.contents)) {
    diagnostics.push(
      usageError('empty-file', `\`${file}\` is empty`, places.span(0, 0), {
        help: 'docs/matrix.md shows what stands in it',
      }),
    );
    return { source: undefined, diagnostics };
  }
  const broken = structureErrors(document, (node) => places.of(node));
  diagnostics.push(...broken.diagnostics);
  if (broken.fatal) return { source: undefined, diagnostics };
  const value = toPlain(document);
  if (!value.ok) {
    diagnostics.push(tooManyAliases(places.span(0, 0)));
    return { source: undefined, diagnostics };
  }
  return { source: sourceOf(document, value.value, places), diagnostics };
}

/** What git leaves where two edits met: the parser would tell of each of its marks, and of none what it is. */
function mergeConflicts(file: string, text: string, places: Places): readonly Diagnostic[] {
  return [...text.matchAll(/^<{7}(?: .*)?\r?$/gm)].map(({ index }) =>
    usageError('merge-conflict', `git left a conflict in \`${file}\``, places.span(index, index + 7), {
      help: file.endsWith('.lock')
        ? 'keep either side, take the three lines of marks out, then run `build lock` for what is missing'
        : 'keep what shall hold, and take the three lines of marks out',
    }),
  );
}

/** Text that opens so many brackets more than it closes is no matrix; the parser would take seconds to say so. */
export const deepestBrackets = 500;

/** How many brackets are open at most, quoted ones among them. */
export function bracketDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** The engine's words for recursion that went too deep, of its code or of its regular expressions. */
export function isOverflow(error: unknown): boolean {
  return error instanceof Error && /call stack|Stack overflow/.test(error.message);
}

function tooDeep(places: Places): YamlReading {
  const error = usageError('invalid-yaml', `\`${places.file}\` is nested too deeply`, places.span(0, 0), {
    help: 'look for brackets that are not closed, and for lines that are indented too far',
  });
  return { source: undefined, diagnostics: [error] };
}

function isEmptyScalar(node: unknown): boolean {
  return yaml().isScalar(node) && node.source === '' && (node.value === null || node.type === 'PLAIN');
}

function toPlain(document: Document): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: document.toJS() };
  } catch (error) {
    // The parser's guard against aliases of aliases of aliases throws this; aliases without an anchor are found before.
    if (error instanceof ReferenceError) return { ok: false };
    throw error;
  }
}

function syntaxError(code: string, message: string, span: SourceSpan): Diagnostic {
  if (code === 'MULTIPLE_DOCS') {
    return usageError('invalid-yaml', 'only one YAML document may stand in this file', span, {
      help: 'take out the line `---` and put everything into one document',
    });
  }
  if (code === 'TAB_AS_INDENT') {
    return usageError('invalid-yaml', 'YAML is indented by spaces, not by tabs', span, {
      help: 'replace each tab at the beginning of a line by spaces',
    });
  }
  return usageError('invalid-yaml', sentence(message), span);
}

function sentence(message: string): string {
  return message.replace(/\.$/, '');
}

function sourceOf(document: Document, value: unknown, places: Places): YamlSource {
  const whole = places.span(0, 0);
  function nearest(path: YamlPath, part: 'key' | 'value'): SourceSpan {
    for (let length = path.length; length > 0; length -= 1) {
      const step = stepAt(document, path.slice(0, length));
      if (step === undefined) continue;
      const exact = length === path.length;
      return places.of((part === 'key' || !exact ? step.key : step.value) ?? step.value ?? step.key);
    }
    return whole;
  }
  return {
    file: places.file,
    value,
    has: (path) => path.length === 0 || stepAt(document, path) !== undefined,
    keySpan: (path) => nearest(path, 'key'),
    valueSpan: (path) => nearest(path, 'value'),
    textSpan(path, piece) {
      const range = stepAt(document, path)?.value?.range;
      const start = range ? places.text.slice(range[0], range[1]).indexOf(piece) : -1;
      if (!range || start < 0) return nearest(path, 'value');
      return places.span(range[0] + start, range[0] + start + piece.length);
    },
    fileOf: () => places.file,
  };
}

/** Places are worked out when they are looked at: of a family with nothing wrong, that is never. */
function keptSource(value: unknown, text: string, scalars: Scalars, places: Places): YamlSource {
  let parsed: YamlSource | undefined;
  const source = (): YamlSource => (parsed ??= sourceOf(parse(text, scalars), value, places));
  return {
    file: places.file,
    value,
    has: (path) => holds(value, path),
    keySpan: (path) => laterSpan(() => source().keySpan(path)),
    valueSpan: (path) => laterSpan(() => source().valueSpan(path)),
    textSpan: (path, piece) => laterSpan(() => source().textSpan(path, piece)),
    fileOf: () => places.file,
  };
}

function holds(value: unknown, path: YamlPath): boolean {
  let inner = value;
  for (const segment of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, segment)) return false;
    // An object that has it.
    inner = (inner as Record<string | number, unknown>)[segment];
  }
  return true;
}

function laterSpan(find: () => SourceSpan): SourceSpan {
  let found: SourceSpan | undefined;
  const span = (): SourceSpan => (found ??= find());
  return {
    get file() {
      return span().file;
    },
    get line() {
      return span().line;
    },
    get column() {
      return span().column;
    },
    get length() {
      return span().length;
    },
    get text() {
      return span().text;
    },
  };
}

interface Step {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
}

function stepAt(document: Document, path: YamlPath): Step | undefined {
  const { isAlias, isMap, isSeq } = yaml();
  let step: Step = { key: undefined, value: document.contents ?? undefined };
  for (const segment of path) {
    const node = isAlias(step.value) ? step.value.resolve(document) : step.value;
    if (isMap(node)) {
      const pair = pairOf(node, String(segment));
      if (pair === undefined) return undefined;
      step = { key: asNode(pair.key), value: asNode(pair.value) };
    } else if (isSeq(node) && typeof segment === 'number' && segment < node.items.length) {
      const item = asNode(node.items[segment]);
      step = { key: item, value: item };
    } else {
      return undefined;
    }
  }
  return step;
}

/** Pairs by their keys, for each map that was looked into: files may have thousands of entries, and each is asked for. */
const indexes = new WeakMap<YAMLMap, ReadonlyMap<unknown, Pair>>();

/** Of equal keys the last one counts, as it does in the plain value. */
function pairOf(map: YAMLMap, name: string): Pair | undefined {
  const { isScalar } = yaml();
  let index = indexes.get(map);
  if (index === undefined) {
    index = new Map(
      map.items.flatMap((pair) => (isScalar(pair.key) ? [[pair.key.value, pair] as const] : [])),
    );
    indexes.set(map, index);
  }
  return index.get(name);
}
