/**
 * The graph of the family's images, found by reading their Dockerfiles: who draws on whom, and on which roots.
 * Pure: no files, no engine, no clock.
 */
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Image, ImageSet, Root } from '../matrix/image-set.ts';
import { formatFamiliar, parseReference, type Reference } from '../../registry/reference.ts';
import { findCycles } from './cycles.ts';
import { parseDockerfile } from './dockerfile.ts';
import type { ParsedDockerfile } from './parsed-dockerfile.ts';
import { canonicalReference, familyOf } from './family.ts';
import { dockerfileErrors, dockerfileWarnings, withoutRepetitions } from './graph-diagnostics.ts';
import { resolveDockerfile, type OutsideReference } from './resolve-references.ts';
import { spanOf } from './text-span.ts';

/** What a reference stands for: an image of the family, or a root (a key of {@link ImageGraph.roots}). */
export type ReferenceTarget =
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'root'; readonly root: string };

export interface ResolvedReference {
  /** Character offsets in the Dockerfile's text of what has to be replaced. */
  readonly start: number;
  readonly end: number;
  /** Index in `dockerfile.instructions`, and the offset in that instruction's text. */
  readonly instruction: number;
  readonly at: number;
  /** As written: `${BASE}`. */
  readonly written: string;
  readonly span: SourceSpan;
  readonly target: ReferenceTarget;
}

/** The use of a root; the span is its first one in the Dockerfile. */
export interface RootUse {
  readonly root: string;
  readonly span: SourceSpan;
}

export interface GraphNode {
  readonly image: Image;
  readonly dockerfile: ParsedDockerfile;
  /** Indexes of the stages that the target needs, ascending; BuildKit leaves out the others. */
  readonly stages: readonly number[];
  /** Images of the family that this one draws on, each once, in the order of their first use. */
  readonly parents: readonly string[];
  /** Roots that it draws on itself, each once, in the order of their first use. */
  readonly roots: readonly RootUse[];
  /** In the order in which they stand in the Dockerfile. */
  readonly references: readonly ResolvedReference[];
  /** The platform that its FROMs were read for; undefined where they say the same for each. */
  readonly platform?: string;
}

export interface ImageGraph {
  /** In the set's order. */
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** Every name, parents before children; apart from that in the set's order. */
  readonly order: readonly string[];
  /** By reference as it stands in the Dockerfiles: those that matrix.yaml declares, then those that only a Dockerfile names. */
  readonly roots: ReadonlyMap<string, Root>;
  /** The images that draw on this one directly, in the set's order. */
  children(name: string): readonly string[];
  /** All that these images stand on, directly or not, without themselves; parents first. */
  ancestors(names: Iterable<string>): readonly string[];
  /** All that stands on these images, directly or not, without themselves; parents first. */
  descendants(names: Iterable<string>): readonly string[];
}

export interface BuiltGraph {
  readonly graph: ImageGraph;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Reads the texts of the Dockerfiles (by the path that the images name) and links the images.
 * `platform`, as in `linux/amd64`: what TARGETARCH and its like are in a FROM.
 * Errors, all together: what {@link parseDockerfile} and {@link resolveDockerfile} find, unpinned downloads, cycles.
 */
export function buildGraph(
  set: ImageSet,
  dockerfiles: ReadonlyMap<string, string>,
  platform: string,
): Result<BuiltGraph, readonly Diagnostic[]> {
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const parsed = parseAll(set, dockerfiles, errors);
  const family = familyOf(set);
  const roots = new RootTable(set);
  const secrets = set.secrets.map(({ id }) => id);
  const nodes = new Map<string, GraphNode>();
  for (const image of set.images) {
    const dockerfile = parsed.get(image.dockerfile);
    if (dockerfile === undefined) continue;
    const resolved = resolveDockerfile(image, dockerfile, family, platform);
    const references = resolved.references.map((reference) => locate(reference, dockerfile, roots));
    const ofPlatform = resolved.isOfPlatform ? { platform } : {};
    const node = {
      image,
      dockerfile,
      stages: resolved.stages,
      references,
      ...summarise(references),
      ...ofPlatform,
    };
    errors.push(...resolved.errors, ...dockerfileErrors(node));
    const suggest = (text: string): string | undefined => suggestFor(text, roots, family.suggest);
    warnings.push(...dockerfileWarnings(node, suggest, secrets));
    nodes.set(image.name, node);
  }
  errors.push(...findCycles(nodes));
  if (errors.length > 0) return err(withoutRepetitions(errors));
  return ok({ graph: makeGraph(nodes, roots.all), warnings: withoutRepetitions(warnings) });
}

/** An image that somebody named after the graph was built; that the graph lacks it is a bug, and throws. */
export function nodeOf({ nodes }: Pick<ImageGraph, 'nodes'>, name: string): GraphNode {
  const node = nodes.get(name);
  if (node === undefined) throw new Error(`the graph has no image ${name}`);
  return node;
}

/**
 * The Dockerfile's text with every reference replaced by what `replace` answers, for the engine.
 * The number of lines does not change, so that the engine's line numbers are the user's.
 */
export function exactDockerfile(node: GraphNode, replace: (target: ReferenceTarget) => string): string {
  const { text, escape } = node.dockerfile;
  let exact = '';
  let at = 0;
  for (const { start, end, target } of node.references) {
    const breaks = text.slice(start, end).split('\n').length - 1;
    exact += text.slice(at, start) + replace(target) + `${escape}\n`.repeat(breaks);
    at = end;
  }
  return exact + text.slice(at);
}

/** The instructions that decide the image (those before the first FROM, and its stages), references replaced. */
export function exactInstructions(
  node: GraphNode,
  replace: (target: ReferenceTarget) => string,
): readonly { readonly line: number; readonly text: string }[] {
  const { instructions } = node.dockerfile;
  return instructions.flatMap(({ stage, line, text, heredocs }, index) => {
    if (stage !== undefined && !node.stages.includes(stage)) return [];
    let exact = '';
    let at = 0;
    for (const reference of node.references) {
      if (reference.instruction !== index) continue;
      exact += text.slice(at, reference.at) + replace(reference.target);
      at = reference.at + reference.written.length;
    }
    return [{ line, text: [exact + text.slice(at), ...heredocs].join('\n') }];
  });
}

function parseAll(
  set: ImageSet,
  texts: ReadonlyMap<string, string>,
  errors: Diagnostic[],
): ReadonlyMap<string, ParsedDockerfile> {
  const parsed = new Map<string, ParsedDockerfile>();
  for (const file of new Set(set.images.map((image) => image.dockerfile))) {
    const text = texts.get(file);
    if (text === undefined) throw new Error(`the text of ${file} was not handed over`);
    const result = parseDockerfile(text, file);
    if (result.ok) parsed.set(file, result.value);
    else errors.push(...result.error);
  }
  return parsed;
}

function locate(
  { source, names }: OutsideReference,
  dockerfile: ParsedDockerfile,
  roots: RootTable,
): ResolvedReference {
  const span = spanOf(dockerfile.file, dockerfile.text, source.range);
  const target =
    names.kind === 'image' ? names : ({ kind: 'root', root: roots.keyOf(names.reference, span) } as const);
  const { range, instruction, at, text } = source;
  return { start: range.start, end: range.end, instruction, at, written: text, span, target };
}

function summarise(references: readonly ResolvedReference[]): Pick<GraphNode, 'parents' | 'roots'> {
  const parents = new Set<string>();
  const roots = new Map<string, RootUse>();
  for (const { target, span } of references) {
    if (target.kind === 'image') parents.add(target.name);
    else if (!roots.has(target.root)) roots.set(target.root, { root: target.root, span });
  }
  return { parents: [...parents], roots: [...roots.values()] };
}

function suggestFor(
  root: string,
  roots: RootTable,
  suggest: (reference: Reference) => string | undefined,
): string | undefined {
  const reference = parseReference(root);
  return roots.isDeclared(root) || reference.kind !== 'reference' ? undefined : suggest(reference);
}

/** Roots by the reference under which they were first met. */
class RootTable {
  readonly all = new Map<string, Root>();
  readonly #keys = new Map<string, string>();
  readonly #declared = new Set<string>();
  readonly #locked: ImageSet['lock']['roots'];

  constructor(set: ImageSet) {
    this.#locked = set.lock.roots;
    for (const root of set.roots) {
      const reference = parseReference(root.from);
      const canonical = reference.kind === 'reference' ? canonicalReference(reference) : root.from;
      if (this.#keys.has(canonical)) continue;
      this.#keys.set(canonical, root.from);
      this.#declared.add(root.from);
      this.all.set(root.from, root);
    }
  }

  isDeclared(key: string): boolean {
    return this.#declared.has(key);
  }

  /** The key of a reference's root; one that nobody declared becomes a root of its own. */
  keyOf(reference: Reference, span: SourceSpan): string {
    const canonical = canonicalReference(reference);
    const known = this.#keys.get(canonical);
    if (known !== undefined) return known;
    const name = formatFamiliar(reference);
    const locked = this.#locked[name]?.digest;
    this.#keys.set(canonical, name);
    this.all.set(name, { name, from: name, digest: reference.digest ?? locked, bootstrap: undefined, span });
    return name;
  }
}

function makeGraph(nodes: ReadonlyMap<string, GraphNode>, roots: ReadonlyMap<string, Root>): ImageGraph {
  const children = new Map<string, string[]>([...nodes.keys()].map((name) => [name, []]));
  for (const [name, node] of nodes) {
    for (const parent of node.parents) children.get(parent)?.push(name);
  }
  const parentsOf = (name: string): readonly string[] => nodes.get(name)?.parents ?? [];
  const childrenOf = (name: string): readonly string[] => children.get(name) ?? [];
  const order = parentsFirst(nodes.keys(), parentsOf);
  return {
    nodes,
    order,
    roots,
    children: childrenOf,
    ancestors: (names) => reachable(names, parentsOf, order),
    descendants: (names) => reachable(names, childrenOf, order),
  };
}

function parentsFirst(
  names: Iterable<string>,
  parentsOf: (name: string) => readonly string[],
): readonly string[] {
  const order = new Set<string>();
  const visit = (name: string): void => {
    if (order.has(name)) return;
    for (const parent of parentsOf(name)) visit(parent);
    order.add(name);
  };
  for (const name of names) visit(name);
  return [...order];
}

function reachable(
  names: Iterable<string>,
  next: (name: string) => readonly string[],
  order: readonly string[],
): readonly string[] {
  const start = [...names];
  const found = new Set<string>();
  const open = start.flatMap(next);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...next(name));
  }
  const given = new Set(start);
  return order.filter((name) => found.has(name) && !given.has(name));
}
