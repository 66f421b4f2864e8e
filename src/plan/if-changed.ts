/**
 * Which images would be rebuilt if a file changed: whose context takes it in, whose Dockerfile it is, and all that
 * stands on them. Reads ignore files alone: the file need not be there yet.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImageGraph } from '../graph/image-graph.ts';
import { noRules, parseIgnoreFile, type IgnoreRules, type ParentMatches } from '../key/dockerignore.ts';
import type { Image, ImageSet } from '../matrix/image-set.ts';
import { lockFile, matrixFile } from '../matrix/load-matrix.ts';
import { isOwnFile } from './list-contexts.ts';

/** What a file is to an image. */
export type FileUse = 'context' | 'dockerfile' | 'ignore-file' | 'lock';

export interface TouchedImages {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  /** Set where nothing is there: a new file, or a name that is mistyped. */
  readonly isThere?: false;
  /** `definition`: it says which images there are, so that all depends on what is changed in it. */
  readonly kind: 'file' | 'definition';
  readonly readers: readonly { readonly image: string; readonly use: FileUse }[];
  /** The readers and all that stands on them, parents first. */
  readonly rebuilt: readonly string[];
}

/** What a change of `file` (relative to the repository, with `/`; a folder stands for all in it) would rebuild. */
export async function ifChanged(
  { set, graph }: { readonly set: ImageSet; readonly graph: ImageGraph },
  file: string,
): Promise<TouchedImages> {
  const readers: { image: string; use: FileUse }[] = [];
  const rules = new Map<string, Promise<IgnoreRules>>();
  for (const image of set.images) {
    const use = file === lockFile ? lockUse(set, graph, image) : await useOf(set, image, file, rules);
    if (use !== undefined) readers.push({ image: image.name, use });
  }
  const direct = readers.map(({ image }) => image);
  const touched = new Set([...direct, ...graph.descendants(direct)]);
  return {
    path: file,
    kind: isDefinition(set, file) ? 'definition' : 'file',
    readers,
    rebuilt: graph.order.filter((name) => touched.has(name)),
  };
}

/** Lists of courses lie beside matrix.yaml; which of them an axis draws on is in no image any more. */
function isDefinition(set: ImageSet, file: string): boolean {
  return (
    file === matrixFile || set.images.some(({ span }) => span.file === file) || /^[^/]+\.ya?ml$/.test(file)
  );
}

async function useOf(
  set: ImageSet,
  image: Image,
  file: string,
  rules: Map<string, Promise<IgnoreRules>>,
): Promise<FileUse | undefined> {
  const { dockerfile, context } = image;
  if (isWithin(dockerfile, file)) return 'dockerfile';
  if (file === `${dockerfile}.dockerignore`) return 'ignore-file';
  if (context === undefined || isOwnFile(file)) return undefined;
  const folder = context === '.' ? '' : `${context}/`;
  if (file === `${folder}.dockerignore`) return 'ignore-file';
  if (isWithin(context, file)) return 'context';
  if (!file.startsWith(folder)) return undefined;
  const id = `${context} ${dockerfile}`;
  const read = rules.get(id) ?? readRules(set.directory, context, dockerfile);
  rules.set(id, read);
  return isIgnored(await read, file.slice(folder.length)) ? undefined : 'context';
}

/** The images whose root, packages' day or commit stands in matrix.lock. */
function lockUse(set: ImageSet, graph: ImageGraph, image: Image): FileUse | undefined {
  const commits = new Set(Object.values(set.lock.git));
  const roots = graph.nodes.get(image.name)?.roots ?? [];
  const isLocked =
    image.epoch !== undefined ||
    roots.some(({ root }) => graph.roots.get(root)?.digest !== undefined) ||
    Object.values(image.args).some((value) => commits.has(value));
  return isLocked ? 'lock' : undefined;
}

/** Whether `inner` is `outer`, or lies in it. */
function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

function isIgnored(rules: IgnoreRules, file: string): boolean {
  if (rules.isEmpty) return false;
  const parts = file.split('/');
  let matches: ParentMatches;
  let ignored = false;
  for (const [index] of parts.entries()) {
    const verdict = rules.match(parts.slice(0, index + 1).join('/'), matches);
    ({ ignored } = verdict);
    ({ matches } = verdict);
  }
  return ignored;
}

/** As listing a context does: the Dockerfile's own ignore file takes the place of the context's. */
async function readRules(directory: string, context: string, dockerfile: string): Promise<IgnoreRules> {
  const candidates = [`${dockerfile}.dockerignore`, path.posix.join(context, '.dockerignore')];
  for (const candidate of candidates) {
    const text = await readFile(path.join(directory, candidate), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const parsed = parseIgnoreFile(text);
    // A bad pattern is told where contexts are listed.
    return parsed.ok ? parsed.value : noRules;
  }
  return noRules;
}
