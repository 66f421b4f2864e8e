/**
 * Tells a build that failed because what a lock pins is gone from its index: a package that was pulled back, or an
 * archive that has moved on since the image's epoch. Nothing in the Dockerfile is wrong then, and trying again does
 * not help: `build lock --update` does. Reads the locks of the image and of what it stands on.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pinsOf, plainName } from '../core/python-pins.ts';
import type { BuildFailure } from '../engine/engine.ts';
import type { GraphNode, ImageGraph } from '../graph/image-graph.ts';
import { effectiveArgs } from '../key/content-key.ts';

/** A lock that has to move. */
export interface StaleLock {
  /** What is gone, and what pins it. */
  readonly message: string;
  /** Whose lock it is. */
  readonly image: string;
}

/** A package that an index does not have (any more); no version where its tool names none. */
export interface MissingPackage {
  readonly name: string;
  readonly version: string | undefined;
}

/** pip's and uv's sentences for an exact version that no index has. A failure to ask is told in other words. */
const missing: readonly RegExp[] = [
  /No matching distribution found for (?<name>[\w.-]+)(?:\[[^\]]*\])?==(?<version>[^\s;,]+)/,
  /there is no version of (?<name>[\w.-]+)(?:\[[^\]]*\])?==(?<version>[^\s;,]+)/,
  /(?<name>[\w.-]+) was not found in the (?:package registry|provided package locations)/,
];

/** apt's words for a file that its own lists name and the archive has no more. */
const archiveMoved = /^E: Failed to fetch (?<url>\S+)\s+404\s+Not Found/;

/** The package that a step asked an index for in vain; undefined where it failed for another reason. */
export function missingPackage(failure: BuildFailure, tail: readonly string[]): MissingPackage | undefined {
  if (failure.kind !== 'step-failed') return undefined;
  // uv breaks its sentences where a terminal ends.
  const text = tail.join(' ').replaceAll(/\s+/g, ' ');
  for (const pattern of missing) {
    const { name, version } = pattern.exec(text)?.groups ?? {};
    if (name !== undefined) return { name, version };
  }
  return undefined;
}

/** Whether a lock's text pins the package, at this version where one is known. Names compare as PEP 503 says. */
export function pins(lock: string, { name, version }: MissingPackage): boolean {
  const pinned = pinsOf(lock).get(plainName(name));
  return pinned !== undefined && (version === undefined || pinned.split(', ').includes(version));
}

/** The lock that a failed build of `node` found wanting; undefined where it failed for another reason. */
export async function staleLock(
  directory: string,
  graph: ImageGraph,
  node: GraphNode,
  failure: BuildFailure,
  tail: readonly string[],
): Promise<StaleLock | undefined> {
  if (failure.kind !== 'step-failed') return undefined;
  const url = tail.map((line) => archiveMoved.exec(line.trim())?.groups?.['url']).find(Boolean);
  const epoch = effectiveArgs(node)['EPOCH'];
  if (url !== undefined && epoch !== undefined) {
    const message = `the archive no longer has \`${path.posix.basename(url)}\`, as of the image's epoch ${epoch}`;
    return { message, image: node.image.name };
  }
  const gone = missingPackage(failure, tail);
  if (gone === undefined) return undefined;
  const { name } = node.image;
  for (const image of [name, ...graph.ancestors([name]).toReversed()]) {
    const context = graph.nodes.get(image)?.image.context;
    if (context === undefined) continue;
    const file = `${context}/requirements.lock`;
    const lock = await readFile(path.join(directory, file), 'utf8').catch(() => '');
    if (!pins(lock, gone)) continue;
    const what = gone.version === undefined ? gone.name : `${gone.name}==${gone.version}`;
    return { message: `\`${what}\` of ${file} is not in the package index any more`, image };
  }
  return undefined;
}
