/**
 * The one place where the schema library's issues become diagnostics with a place in the file.
 * Its own messages are not shown: they speak of types, we speak of what to write.
 */
import { z } from 'zod';
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean, nearName } from '../core/near-name.ts';
import { usageError } from './usage-error.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

type Issue = z.core.$ZodIssue;

export interface SchemaReading<T> {
  /** The file's content without the entries that are wrong; undefined where nothing is left of it. */
  readonly content: T | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Paths of the entries that were left out. */
  readonly dropped: readonly YamlPath[];
}

/**
 * Checks a file against its schema. An entry that is wrong is told and left out, so that what is right can be
 * checked further; `entryDepth` says for a path how long the path of the entry is that has to go.
 */
export function readSchema<T>(
  schema: z.ZodType<T>,
  source: YamlSource,
  entryDepth: (path: YamlPath) => number,
): SchemaReading<T> {
  // Walked, not compiled first, as zod does for schemas that are used again and again.
  const first = schema.safeParse(source.value, { reportInput: true, jitless: true });
  if (first.success) return { content: first.data, diagnostics: [], dropped: [] };
  const diagnostics: Diagnostic[] = [];
  const dropped: YamlPath[] = [];
  const issues = first.error.issues.flatMap((each) => relevantIssues(each, []));
  for (const issue of issues) {
    diagnostics.push(...diagnose(issue, issues, source, schema));
    const paths =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    dropped.push(...paths.map((path) => path.slice(0, entryDepth(toYamlPath(path)))).map(toYamlPath));
  }
  const rest = dropped.reduce(without, source.value);
  const second = schema.safeParse(rest);
  return { content: second.success ? second.data : undefined, diagnostics, dropped };
}

function toYamlPath(path: readonly PropertyKey[]): YamlPath {
  return path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
}

/** Opens a union: the issues of the branch that was most likely meant, with full paths. */
function relevantIssues(issue: Issue, prefix: readonly PropertyKey[]): Issue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code !== 'invalid_union') return [{ ...issue, path }];
  const branches = issue.errors.map((branch) => branch.flatMap((inner) => relevantIssues(inner, path)));
  const meant = branches.toSorted((a, b) => distance(a, path.length) - distance(b, path.length))[0];
  if (meant === undefined || meant.length === 0) return [{ ...issue, path }];
  return meant;
}

/**
 * How far a value is from a union's branch. Another type altogether is farthest, then a branch whose own keys
 * are missing; among equals the one with fewer wrong entries, then the one that the schema names first.
 */
function distance(issues: readonly Issue[], depth: number): number {
  const otherType = issues.some((issue) => issue.path.length === depth && issue.code === 'invalid_type');
  const missing = issues.filter((issue) => issue.path.length === depth + 1 && isMissing(issue));
  const wrong = issues
    .filter((issue) => !missing.includes(issue))
    .reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return (otherType ? 1_000_000 : 0) + (missing.length > 0 ? 10_000 : 0) + wrong;
}

function isMissing(issue: Issue): boolean {
  return issue.input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function without(value: unknown, path: YamlPath): unknown {
  const [head, ...tail] = path;
  if (head === undefined || typeof value !== 'object' || value === null || Array.isArray(value))
    return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      if (key !== String(head)) return [[key, inner]];
      return tail.length === 0 ? [] : [[key, without(inner, tail)]];
    }),
  );
}

function diagnose(issue: Issue, all: readonly Issue[], source: YamlSource, schema: z.ZodType): Diagnostic[] {
  const path = toYamlPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const shapes = shapesAt(schema, issue.path, source.value);
    return issue.keys.map((key) => unknownKey(key, path, source, shapes));
  }
  if (!source.has(path)) return missingKey(path, all, source, schema);
  if (issue.code === 'invalid_value') return [wrongValue(issue, path, source)];
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union')
    return [wrongType(issue, path, source)];
  const message =
    issue.code === 'too_small' && issue.origin !== 'string'
      ? `${subjectOf(path)} has to be at least ${issue.minimum}`
      : issue.message;
  return [usageError('invalid-value', message, source.valueSpan(path))];
}

function unknownKey(key: string, path: YamlPath, source: YamlSource, shapes: readonly Shape[]): Diagnostic {
  const span = source.keySpan([...path, key]);
  const owner = shapes.find((shape) => shape.keys.includes(key));
  if (owner !== undefined) {
    // Each is right alone: the value is half one form and half another.
    const others = owner.written.filter((each) => !owner.keys.includes(each));
    return usageError(
      'conflicting-key',
      `\`${key}\` cannot stand beside ${others.map(quote).join(', ')}`,
      span,
    );
  }
  const known = shapes[0]?.keys ?? [];
  return usageError('unknown-key', `unknown key \`${key}\`${inside(path)}`, span, {
    help: didYouMean(key, known) ?? `known here: ${known.map(quote).join(', ')}`,
  });
}

function missingKey(
  path: YamlPath,
  all: readonly Issue[],
  source: YamlSource,
  schema: z.ZodType,
): Diagnostic[] {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  // A key that is nearly this one is told already, with this one as the suggestion.
  const misspelt = all.some(
    (issue) =>
      issue.code === 'unrecognized_keys' &&
      issue.path.length === parent.length &&
      issue.path.every((segment, at) => segment === parent[at]) &&
      issue.keys.some((each) => nearName(each, [key]) !== undefined),
  );
  if (misspelt) return [];
  const instead = shapesAt(schema, parent, source.value)
    .filter((shape) => !shape.keys.includes(key) && shape.written.every((each) => shape.keys.includes(each)))
    .flatMap((shape) => shape.keys.filter((each) => !shape.written.includes(each)));
  return [
    usageError('missing-key', `the key \`${key}\` is missing${inside(parent)}`, source.keySpan(parent), {
      help: instead.length === 0 ? undefined : `or give ${instead.map(quote).join(', ')} instead`,
    }),
  ];
}

function wrongValue(issue: z.core.$ZodIssueInvalidValue, path: YamlPath, source: YamlSource): Diagnostic {
  const values = issue.values.map(String);
  const found = typeof issue.input === 'string' ? issue.input : describeValue(issue.input);
  const [list, last] = [path.at(-2), path.at(-1)];
  const subject =
    typeof last === 'number' ? `${quote(String(list))} cannot hold` : `${quote(String(last))} cannot be`;
  return usageError('invalid-value', `${subject} ${quote(found)}`, source.valueSpan(path), {
    help: didYouMean(found, values) ?? `one of ${values.map(quote).join(', ')}`,
  });
}

function wrongType(issue: Issue, path: YamlPath, source: YamlSource): Diagnostic {
  const expected =
    issue.code === 'invalid_type' ? (typeNames[issue.expected] ?? issue.expected) : 'another type';
  // Infinity and NaN are numbers to YAML and none to the schema.
  const finite = typeof issue.input === 'number' && expected === typeNames['number'];
  const wanted = finite ? 'a finite number' : `${expected}, not ${describeValue(issue.input)}`;
  const subject = path.length === 0 ? quote(source.file) : subjectOf(path);
  return usageError('wrong-type', `${subject} has to be ${wanted}`, source.valueSpan(path), {
    help: wrongTypeHelp(issue, path),
  });
}

function wrongTypeHelp(issue: Issue, path: YamlPath): string | undefined {
  const { input } = issue;
  if (input === null || input === '') return 'give it a value, or take the key out';
  if (issue.code !== 'invalid_type') return undefined;
  if (typeof input === 'string') return insteadOfText(input, issue.expected, path);
  if (issue.expected !== 'string') return undefined;
  if (typeof input === 'number' && sizes.has(String(path.at(-1)))) return 'give it a unit: `512Mi`, `1.2GB`';
  if (typeof input === 'number' || typeof input === 'boolean') return 'put the value in quotes';
  if (typeof input !== 'object' || Array.isArray(input)) return undefined;
  return 'a value that begins with `{` has to stand in quotes';
}

function insteadOfText(text: string, expected: string, path: YamlPath): string | undefined {
  if (expected === 'array' && /^[^\s,:#[\]{}"'`]+$/.test(text)) return `write \`[${text}]\``;
  if (expected === 'boolean' && /^(yes|on|true)$/i.test(text)) return 'write `true`';
  if (expected === 'boolean' && /^(no|off|false)$/i.test(text)) return 'write `false`';
  if ((expected === 'number' || expected === 'int') && /^\d+(\.\d+)?$/.test(text))
    return 'take the quotes away';
  const isOneUp = path.length === 2 && path[0] === 'images' && keysOfImages.has(String(path[1]));
  return isOneUp ? 'is it meant for the image above? Set it in deeper than that name' : undefined;
}

const sizes: ReadonlySet<string> = new Set(['memory', 'maxSize', 'disk', 'bandwidth']);
/** What no image is called, and what stands in nearly every definition. */
const keysOfImages: ReadonlySet<string> = new Set(['context', 'dockerfile', 'kind', 'mirror', 'target']);

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function describeValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  return `the ${typeof value} \`${String(value)}\``;
}

function inside(path: YamlPath): string {
  const [first] = path;
  return first === undefined || typeof first === 'number' ? '' : ` in \`${formatPath(path)}\``;
}

/** In a file that is a list, the place says which entry is meant better than a number does. */
function subjectOf(path: YamlPath): string {
  const inner = typeof path[0] === 'number' ? path.slice(1) : path;
  return inner.length === 0 ? 'an entry' : quote(formatPath(inner));
}

function formatPath(path: YamlPath): string {
  const parts = path.map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${segment}`));
  return parts.join('').replace(/^\./, '');
}

function quote(text: string): string {
  return `\`${text}\``;
}

/** One of the forms that a map may have, and the keys that are written. */
interface Shape {
  readonly keys: readonly string[];
  readonly written: readonly string[];
}

/** The forms that the schema knows for the map at a path; the one that knows most of what is written comes first. */
function shapesAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): readonly Shape[] {
  let schemas: readonly z.core.$ZodType[] = [schema];
  let here = value;
  for (const segment of path) {
    schemas = schemas.flatMap(alternatives).flatMap((each) => childSchema(each, segment));
    here = entriesOf(here).find(([key]) => key === String(segment))?.[1];
  }
  const written = entriesOf(here).map(([key]) => key);
  return schemas
    .flatMap(alternatives)
    .flatMap((each) => (each instanceof z.ZodObject ? [{ keys: Object.keys(each.shape), written }] : []))
    .toSorted((a, b) => knownIn(b) - knownIn(a));
}

function knownIn(shape: Shape): number {
  return shape.written.filter((key) => shape.keys.includes(key)).length;
}

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function alternatives(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional) return alternatives(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => alternatives(option));
  return [schema];
}

function childSchema(schema: z.core.$ZodType, segment: PropertyKey): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child = Object.entries(schema.shape).find(([key]) => key === segment)?.[1];
    return child === undefined ? [] : [child];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodArray) return [schema.element];
  return [];
}
