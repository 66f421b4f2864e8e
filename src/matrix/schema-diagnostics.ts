/**
 * The one place where the schema library's issues become diagnostics with a place in the file.
 * Its own messages are not shown: they speak of types, we speak of what to write.
 */
import { z } from 'zod';
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
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
  const first = schema.safeParse(source.value, { reportInput: true });
  if (first.success) return { content: first.data, diagnostics: [], dropped: [] };
  const diagnostics: Diagnostic[] = [];
  const dropped: YamlPath[] = [];
  for (const issue of first.error.issues.flatMap((each) => relevantIssues(each, []))) {
    diagnostics.push(...diagnose(issue, source, schema));
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

/** How far a value is from a union's branch: another type altogether is farther than any number of wrong keys. */
function distance(issues: readonly Issue[], depth: number): number {
  return issues.reduce((sum, issue) => {
    if (issue.path.length === depth && issue.code === 'invalid_type') return sum + 1000;
    return sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1);
  }, 0);
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

function diagnose(issue: Issue, source: YamlSource, schema: z.ZodType): Diagnostic[] {
  const path = toYamlPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path, source.value);
    return issue.keys.map((key) =>
      usageError('unknown-key', `unknown key \`${key}\`${inside(path)}`, source.keySpan([...path, key]), {
        help:
          didYouMean(key, known) ??
          (known.length > 0 ? `keys here: ${known.map(quote).join(', ')}` : undefined),
      }),
    );
  }
  if (!source.has(path)) {
    const key = String(path.at(-1));
    const parent = path.slice(0, -1);
    return [
      usageError('missing-key', `the key \`${key}\` is missing${inside(parent)}`, source.keySpan(parent)),
    ];
  }
  if (issue.code === 'invalid_value') return [wrongValue(issue, path, source)];
  if (issue.code === 'invalid_type' || issue.code === 'invalid_union')
    return [wrongType(issue, path, source)];
  return [usageError('invalid-value', issue.message, source.valueSpan(path))];
}

function wrongValue(issue: z.core.$ZodIssueInvalidValue, path: YamlPath, source: YamlSource): Diagnostic {
  const values = issue.values.map(String);
  const found = typeof issue.input === 'string' ? issue.input : describeValue(issue.input);
  return usageError(
    'invalid-value',
    `\`${String(path.at(-1))}\` cannot be \`${found}\``,
    source.valueSpan(path),
    {
      help: didYouMean(found, values) ?? `one of ${values.map(quote).join(', ')}`,
    },
  );
}

function wrongType(issue: Issue, path: YamlPath, source: YamlSource): Diagnostic {
  const expected =
    issue.code === 'invalid_type' ? (typeNames[issue.expected] ?? issue.expected) : 'another type';
  const span = source.valueSpan(path);
  const what = path.length === 0 ? `\`${source.file}\`` : `\`${formatPath(path)}\``;
  const wantsText = issue.code === 'invalid_type' && issue.expected === 'string';
  return usageError('wrong-type', `${what} has to be ${expected}, not ${describeValue(issue.input)}`, span, {
    help: wantsText ? quotingHelp(issue.input) : undefined,
  });
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: '`true` or `false`',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return 'text';
  return `the ${typeof value} \`${String(value)}\``;
}

function quotingHelp(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return 'put the value in quotes';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return 'a value that begins with `{` has to stand in quotes';
}

function inside(path: YamlPath): string {
  return path.length === 0 ? '' : ` in \`${formatPath(path)}\``;
}

function formatPath(path: YamlPath): string {
  return path
    .map((segment, at) => (typeof segment === 'number' ? `[${segment}]` : at === 0 ? segment : `.${segment}`))
    .join('');
}

function quote(text: string): string {
  return `\`${text}\``;
}

/** The keys that the schema knows at a path; of a union, those of the branch that knows most of what is written. */
function knownKeys(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): readonly string[] {
  let shapes: readonly z.core.$ZodType[] = [schema];
  let here = value;
  for (const segment of path) {
    shapes = shapes.flatMap(alternatives).flatMap((each) => childSchema(each, segment));
    here =
      typeof here === 'object' && here !== null
        ? Object.entries(here).find(([key]) => key === String(segment))?.[1]
        : undefined;
  }
  const written = new Set(typeof here === 'object' && here !== null ? Object.keys(here) : []);
  const keys = shapes
    .flatMap(alternatives)
    .flatMap((each) => (each instanceof z.ZodObject ? [Object.keys(each.shape)] : []))
    .toSorted((a, b) => matches(b, written) - matches(a, written));
  return keys[0] ?? [];
}

function matches(keys: readonly string[], written: ReadonlySet<string>): number {
  return keys.filter((key) => written.has(key)).length;
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
