/** Image sets and graphs made from a few words, for tests of the rooms behind `matrix`. */
import type { SourceSpan } from '../../src/core/diagnostic.ts';
import { buildGraph, type BuiltGraph } from '../../src/graph/image-graph.ts';
import type { Image, ImageSet, Root } from '../../src/matrix/image-set.ts';
import { emptyLock } from '../../src/matrix/lock.ts';

export const matrixSpan: SourceSpan = { file: 'matrix.yaml', line: 1, column: 1, length: 1, text: '' };

/** An image with its Dockerfile at `<name>/Dockerfile` and no context, unless `parts` says otherwise. */
export function imageOf(name: string, parts: Partial<Image> = {}): Image {
  return {
    name,
    definition: name,
    kind: 'custom',
    context: undefined,
    dockerfile: `${name}/Dockerfile`,
    target: undefined,
    args: {},
    axes: {},
    resources: {},
    weight: 1,
    maxSize: undefined,
    provides: [],
    platforms: [],
    check: undefined,
    waivers: [],
    epoch: undefined,
    span: matrixSpan,
    ...parts,
  };
}

export function rootOf(name: string, from: string): Root {
  return { name, from, digest: undefined, bootstrap: undefined, span: matrixSpan };
}

export function setOf(images: readonly Image[], parts: Partial<ImageSet> = {}): ImageSet {
  return {
    directory: '/family',
    images,
    roots: [],
    mirrors: [],
    groups: new Map(),
    registry: undefined,
    tags: ['latest'],
    fixedTags: new Set(),
    secrets: [],
    scan: undefined,
    pools: [],
    values: { images: [], formerly: [], pullSecret: undefined },
    sign: undefined,
    trust: [],
    freeze: [],
    nightly: { python: false },
    lock: emptyLock,
    clones: [],
    ...parts,
  };
}

/** The result of reading one Dockerfile for each name; `parts` by name says what else an image has. */
export function readFamily(
  dockerfiles: Readonly<Record<string, string>>,
  parts: Readonly<Record<string, Partial<Image>>> = {},
  set: Partial<ImageSet> = {},
) {
  const images = Object.keys(dockerfiles).map((name) => imageOf(name, parts[name]));
  const texts = new Map(Object.entries(dockerfiles).map(([name, text]) => [`${name}/Dockerfile`, text]));
  return buildGraph(setOf(images, set), texts, 'linux/amd64');
}

/** As {@link readFamily}, for families without a mistake. */
export function graphOf(...family: Parameters<typeof readFamily>): BuiltGraph {
  const result = readFamily(...family);
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('\n'));
  return result.value;
}
