/** Which of a family's locks a command means: those of all that may be locked, or of what it names. Pure. */
import { parseReference } from '../../registry/reference.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { ok, type Result } from '../core/result.ts';
import type { GraphNode, ImageGraph } from '../graph/image-graph.ts';
import { selectImages } from '../graph/select-images.ts';
import type { GitReference, ImageSet, Mirror, Root } from '../matrix/image-set.ts';

/** What matrix.lock may hold an entry for, and whose Python packages may be locked. */
export interface Lockable {
  readonly roots: readonly Root[];
  readonly mirrors: readonly Mirror[];
  readonly git: readonly GitReference[];
  /** Images by name. */
  readonly images: readonly string[];
  /** Those of them that ask for a day for their system packages. */
  readonly epochs: readonly string[];
}

/** All that a family can have locked. A reference that says its digest itself is locked already. */
export function lockable(set: ImageSet, graph: ImageGraph): Lockable {
  return {
    roots: [...graph.roots.values()].filter(({ from }) => isOpen(from)),
    mirrors: set.mirrors.filter(({ from }) => isOpen(from)),
    git: set.clones,
    images: graph.order,
    epochs: graph.order.filter((name) => declaresEpoch(graph.nodes.get(name))),
  };
}

/**
 * What `names` mean: a root by its name or reference, a mirror by its name, a repository by its address or its key in
 * matrix.lock, else images, as selectors. Without a name: all. Errors: those of selectors.
 */
export function chooseLocks(
  set: ImageSet,
  graph: ImageGraph,
  names: readonly string[],
): Result<Lockable, readonly Diagnostic[]> {
  const all = lockable(set, graph);
  if (names.length === 0) return ok(all);
  const named = new Set(names);
  const roots = all.roots.filter(({ name, from }) => named.has(name) || named.has(from));
  const mirrors = all.mirrors.filter(({ name }) => named.has(name));
  const git = all.git.filter(({ key, url }) => named.has(key) || named.has(url));
  const outside = new Set([
    ...roots.flatMap(({ name, from }) => [name, from]),
    ...mirrors.map(({ name }) => name),
    ...git.flatMap(({ key, url }) => [key, url]),
  ]);
  // What an image and a root are both called means both.
  const isImage = (name: string): boolean => set.images.some((image) => image.name === name);
  const selectors = names.filter((name) => !outside.has(name) || isImage(name));
  const images = selectors.length === 0 ? ok([]) : selectImages(set, graph, selectors);
  if (!images.ok) return images;
  const chosen = new Set(images.value);
  return ok({
    roots,
    mirrors,
    git,
    images: images.value,
    epochs: all.epochs.filter((name) => chosen.has(name)),
  });
}

function isOpen(from: string): boolean {
  const reference = parseReference(from);
  return reference.kind === 'reference' && reference.digest === undefined;
}

function declaresEpoch(node: GraphNode | undefined): boolean {
  return node?.dockerfile.stages.some(({ args }) => args.some(({ name }) => name === 'EPOCH')) ?? false;
}
