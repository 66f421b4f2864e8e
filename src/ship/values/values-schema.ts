/**
 * Holds values against a chart's own schema (`values.schema.json`, or its YAML form), and tells at which line they
 * leave it. Charts may have defaults for everything, so that nothing is asked for that a file does not say. Pure but
 * for loading the validator.
 */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { isAlias, isMap, isNode, isSeq, parse, type Document, type Node } from 'yaml';
import type { Diagnostic, SourceSpan } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { usageError } from '../../matrix/usage-error.ts';
import type { ValuesDocuments } from './values-document.ts';

/** Answers what in a file leaves the schema. */
export type SchemaCheck = (values: ValuesDocuments) => readonly Diagnostic[];

/** Reads a schema (JSON Schema, draft 7, written as JSON or YAML). */
export async function readSchema(name: string, text: string): Promise<Result<SchemaCheck, Diagnostic>> {
  const { Ajv } = await import('ajv');
  const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false, logger: false });
  try {
    const schema: unknown = withoutRequired(parse(text));
    if (typeof schema !== 'object' || schema === null) return err(noSchema(name, 'it holds no map'));
    const validate = ajv.compile(schema);
    return ok((values) => values.documents.flatMap((document) => checkDocument(document, values, validate)));
  } catch (error) {
    return err(noSchema(name, error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)));
  }
}

function noSchema(name: string, why: string): Diagnostic {
  return usageError('invalid-schema', `\`${name}\` is no JSON Schema: ${why}`, undefined, {
    help: "name the chart's `values.schema.json`, or `values.schema.yaml`",
  });
}

/** By these a schema tells alternatives apart, among other things by what they require. */
const alternatives: ReadonlySet<string> = new Set(['oneOf', 'anyOf', 'if', 'not']);

/** Helm asks it of the values with the chart's defaults beneath them, which we do not have. */
function withoutRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRequired);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== 'required' || !Array.isArray(value))
      .map(([key, value]) => [key, alternatives.has(key) ? (value as unknown) : withoutRequired(value)]),
  );
}

/** A null takes a default away: Helm looks at the values without it. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutNulls(each)]));
}

function checkDocument(
  document: Document,
  values: ValuesDocuments,
  validate: ValidateFunction,
): readonly Diagnostic[] {
  return chartPaths(document).flatMap((top) => {
    const value: unknown = document.getIn(top, true);
    const plain = withoutNulls(isNode(value) ? value.toJS(document) : value);
    if (typeof plain !== 'object' || plain === null || validate(plain)) return [];
    return distinct((validate.errors ?? []).map((error) => told(error, top, document, values)));
  });
}

/** Where the chart's values begin: at the top, or at each `jupyterhub` up to two steps beneath. */
function chartPaths({ contents }: Document): readonly (readonly string[])[] {
  if (!isMap(contents)) return [];
  const paths: string[][] = [];
  const look = (map: unknown, path: readonly string[]): void => {
    if (!isMap(map)) return;
    if (map.has('jupyterhub')) paths.push([...path, 'jupyterhub']);
    else if (path.length < 2) for (const { key, value } of map.items) look(value, [...path, String(key)]);
  };
  look(contents, []);
  return paths.length > 0 ? paths : [[]];
}

function told(
  error: ErrorObject,
  top: readonly string[],
  document: Document,
  values: ValuesDocuments,
): Diagnostic {
  const steps = error.instancePath.split('/').slice(1).map(unescape);
  const extra: unknown = error.params['additionalProperty'];
  const isExtra = error.keyword === 'additionalProperties' && typeof extra === 'string';
  const path = [...top, ...steps, ...(isExtra ? [extra] : [])];
  const shown = [...steps, ...(isExtra ? [extra] : [])].join('.');
  const message = isExtra
    ? `the chart has no \`${shown}\``
    : `\`${shown}\` ${error.message ?? 'does not fit'}${allowed(error)}`;
  return usageError('against-schema', message, placeOf(document, path, values, isExtra));
}

function allowed({ keyword, params }: ErrorObject): string {
  const values: unknown = params['allowedValues'];
  return keyword === 'enum' && Array.isArray(values) ? `: ${values.map(String).join(', ')}` : '';
}

function unescape(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** The place of a value, or of the key that has no business there; of what only a merge has, the map around it. */
function placeOf(
  document: Document,
  path: readonly string[],
  values: ValuesDocuments,
  wantsKey: boolean,
): SourceSpan | undefined {
  let node: unknown = document.contents;
  let found: Node | undefined;
  for (const [index, step] of path.entries()) {
    const around = isAlias(node) ? node.resolve(document) : node;
    const pair = isMap(around) ? around.items.find(({ key }) => String(key) === step) : undefined;
    node = isSeq(around) ? around.items[Number(step)] : pair?.value;
    const best = wantsKey && index === path.length - 1 ? pair?.key : (node ?? pair?.key);
    if (isNode(best) && best.range) found = best;
  }
  const [start, end] = found?.range ?? [];
  return start === undefined || end === undefined ? undefined : values.spans.at(start, end);
}

/** Branches of one `oneOf` say the same of one place several times. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Map(
    diagnostics.map((each) => [`${each.span?.line}:${each.span?.column}:${each.message}`, each]),
  );
  return [...seen.values()];
}
