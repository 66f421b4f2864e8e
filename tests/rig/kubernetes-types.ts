/**
 * Holds manifests against Kubernetes' own types, without a cluster: required fields, enumerations and formats by the
 * schemas of `kubernetes-models`; fields that nobody knows, which those let pass, by the types that the Kubernetes
 * project generates its client from; and what neither says of selectors.
 */
import * as client from '@kubernetes/client-node';

export interface AnyManifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What is wrong with it, a sentence each; empty for what an API server takes. */
export async function manifestProblems(manifest: AnyManifest): Promise<readonly string[]> {
  return [
    ...(await schemaProblems(manifest)),
    ...unknownFields(manifest, `V1${manifest.kind}`, manifest.kind),
    ...selectorProblems(manifest),
  ];
}

async function schemaProblems(manifest: AnyManifest): Promise<readonly string[]> {
  const { apiVersion, kind } = manifest;
  const name = `kubernetes-models/${apiVersion}`;
  // Vite looks for files of a name that it cannot know, and warns.
  const models: Record<string, unknown> = await import(/* @vite-ignore */ name);
  const Model = models[kind];
  if (typeof Model !== 'function') return [`${apiVersion} has no ${kind}`];
  try {
    // Each of these classes takes its own kind's fields, and judges them when it is asked to.
    new (Model as new (data: unknown) => { validate(): void })(structuredClone(manifest)).validate();
    return [];
  } catch (error) {
    return [`${kind}: ${String(error)}`];
  }
}

interface Attribute {
  readonly baseName: string;
  readonly type: string;
}

/** The fields of one of the client's classes; undefined for what is none. */
function attributesOf(type: string): readonly Attribute[] | undefined {
  const model: unknown = Reflect.get(client, type);
  const known = typeof model === 'function' ? Reflect.get(model, 'attributeTypeMap') : undefined;
  return Array.isArray(known) ? known : undefined; // as its generator writes them
}

const primitives = new Set(['string', 'number', 'boolean']);

function unknownFields(value: unknown, type: string, at: string): readonly string[] {
  const item = /^(?:Array<(?<array>.+)>|\{ \[key: string\]: (?<map>.+); \})$/.exec(type)?.groups;
  const array = item?.['array'];
  if (array !== undefined) {
    if (!Array.isArray(value)) return [`${at} is no list`];
    return value.flatMap((each, index) => unknownFields(each, array, `${at}.${index}`));
  }
  if (primitives.has(type))
    return Object.is(typeof value, type) ? [] : [`${at} is ${typeof value}, not ${type}`];
  const map = item?.['map'];
  const attributes = attributesOf(type);
  if (map === undefined && attributes === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no map`];
  return Object.entries(value).flatMap(([key, each]) => {
    const inner = map ?? attributes?.find(({ baseName }) => baseName === key)?.type;
    return inner === undefined
      ? [`${at} has a field \`${key}\` that nobody knows`]
      : unknownFields(each, inner, `${at}.${key}`);
  });
}

/** An API server refuses a workload whose selector its own pods do not have. */
function selectorProblems(manifest: object): readonly string[] {
  const wanted = Object.entries(entriesAt(manifest, ['spec', 'selector', 'matchLabels']));
  const labels = entriesAt(manifest, ['spec', 'template', 'metadata', 'labels']);
  if (entriesAt(manifest, ['spec'])['template'] === undefined) return [];
  return wanted.flatMap(([key, value]) =>
    labels[key] === value ? [] : [`its own pods do not have \`${key}\``],
  );
}

function entriesAt(object: unknown, path: readonly string[]): Readonly<Record<string, unknown>> {
  const found = path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    object,
  );
  return typeof found === 'object' && found !== null ? { ...found } : {};
}
