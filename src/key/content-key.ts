/**
 * Content keys: for each image the sha256 of everything that decides its bytes, and of nothing else.
 * What enters is {@link KeyInputs}, a plain record that is kept with the image, so that a later run can say why
 * a key differs. Pure; lists no files and asks nobody.
 */
import type { ContextEntry } from '../engine/engine.ts';
import { declaredArgs, proxyArgs } from '../graph/graph-diagnostics.ts';
import { exactInstructions, type GraphNode, type ImageGraph } from '../graph/image-graph.ts';
import { givenArgs } from '../graph/resolve-references.ts';
import { hashOf } from './canonical-json.ts';

/**
 * Moves when the same inputs must give another key, because the meaning of the struct below has changed.
 * A golden test holds it to the struct.
 */
export const keySchemaVersion = 1;

/** Everything that decides an image's bytes. Optional things are null, so that the JSON is the same struct always. */
export interface KeyInputs {
  readonly schema: number;
  readonly platform: string;
  readonly target: string | null;
  readonly epoch: string | null;
  /** Arguments that the Dockerfile declares and the build gets. */
  readonly args: Readonly<Record<string, string>>;
  /** `line` is for explanations and is not hashed: a comment above moves it. Parents read `image:NAME`, roots `root:INDEX`. */
  readonly instructions: readonly { readonly line: number; readonly text: string }[];
  readonly parents: readonly { readonly name: string; readonly key: string }[];
  /** In the order of their first use. `root`, the reference, is for explanations and is not hashed. */
  readonly roots: readonly { readonly root: string; readonly identity: string }[];
  readonly context: readonly ListedEntry[];
}

/** A context's entry without its size, which its content's hash implies. */
export type ListedEntry =
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly sha256: string }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

export interface ImageKey {
  /** 64 hexadecimal digits. */
  readonly key: string;
  readonly inputs: KeyInputs;
}

export interface KeySources {
  /** `linux/amd64`. */
  readonly platform: string;
  /** By key of `graph.roots`: `sha256:…` of a pulled root, `diffid:sha256:…` of one that was made on the spot. */
  readonly roots: ReadonlyMap<string, string>;
  /** By image name; an image without a context may be missing. */
  readonly contexts: ReadonlyMap<string, readonly ContextEntry[]>;
}

/**
 * Keys of all images of the graph, or of `names` and what they stand on. Every root that these images draw on
 * must have an identity, and every image with a context its listing: a missing one is a bug of the caller's, and throws.
 */
export function computeKeys(
  graph: ImageGraph,
  sources: KeySources,
  names: Iterable<string> = graph.order,
): ReadonlyMap<string, ImageKey> {
  const selected = [...names];
  const wanted = new Set([...graph.ancestors(selected), ...selected]);
  const keys = new Map<string, ImageKey>();
  for (const name of graph.order) {
    const node = graph.nodes.get(name);
    if (node === undefined || !wanted.has(name)) continue;
    const inputs = inputsOf(node, sources, keys);
    keys.set(name, { key: keyOf(inputs), inputs });
  }
  return keys;
}

/** The key of a record's inputs. Works for a record of any age: its schema version is part of it. */
export function keyOf(inputs: KeyInputs): string {
  return hashOf({
    ...inputs,
    instructions: inputs.instructions.map(({ text }) => text),
    roots: inputs.roots.map(({ identity }) => identity),
  });
}

/** The arguments that reach the Dockerfile because it declares them; EPOCH among them where the lock has one. */
export function effectiveArgs(node: GraphNode): Readonly<Record<string, string>> {
  const declared = declaredArgs(node);
  return pick(givenArgs(node.image), (name) => declared.has(name));
}

/** What the build is given: the effective arguments, and proxies, which BuildKit takes undeclared and leaves out of its keys too. */
export function buildArgs(node: GraphNode): Readonly<Record<string, string>> {
  return { ...pick(node.image.args, (name) => proxyArgs.has(name)), ...effectiveArgs(node) };
}

function inputsOf(node: GraphNode, sources: KeySources, keys: ReadonlyMap<string, ImageKey>): KeyInputs {
  const { image, dockerfile } = node;
  const roots = node.roots.map(({ root }) => root);
  const directives = dockerfile.directives.map(({ name, value, start }) => ({
    line: dockerfile.text.slice(0, start).split('\n').length,
    text: `# ${name}=${value}`,
  }));
  const instructions = exactInstructions(node, (target) =>
    target.kind === 'image' ? `image:${target.name}` : `root:${roots.indexOf(target.root)}`,
  );
  return {
    schema: keySchemaVersion,
    platform: sources.platform,
    target: image.target ?? null,
    epoch: image.epoch ?? null,
    args: effectiveArgs(node),
    instructions: [...directives, ...instructions],
    parents: node.parents.map((name) => ({ name, key: required(keys.get(name)?.key, `key of ${name}`) })),
    roots: roots.map((root) => ({
      root,
      identity: required(sources.roots.get(root), `identity of ${root}`),
    })),
    context: contextOf(node, sources).map(listed),
  };
}

function contextOf({ image }: GraphNode, { contexts }: KeySources): readonly ContextEntry[] {
  const entries = contexts.get(image.name);
  return image.context === undefined ? (entries ?? []) : required(entries, `context of ${image.name}`);
}

function listed(entry: ContextEntry): ListedEntry {
  const { path } = entry;
  switch (entry.kind) {
    case 'file':
      return { kind: 'file', path, mode: entry.mode, sha256: entry.sha256 };
    case 'directory':
      return { kind: 'directory', path };
    case 'symlink':
      return { kind: 'symlink', path, target: entry.target };
    default:
      return entry satisfies never;
  }
}

function required<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no key without the ${what}`);
  return value;
}

function pick(
  record: Readonly<Record<string, string>>,
  takes: (name: string) => boolean,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => takes(name)));
}
