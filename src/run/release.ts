/**
 * The release: the whole family at one moment, as `release.json`. What this run published stands with its new
 * digest; what it could not replace is carried forward with the older one, and marked.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parseJson } from '../../registry/parse-json.ts';
import type { ImageOutcome } from '../core/event.ts';
import type { Image, ImageSet } from '../matrix/image-set.ts';
import { releaseSchema, releaseVersion, type Release, type ReleasedImage } from './schema.ts';

export const releaseFile = 'release.json';

/** What one image contributes: how it ended, and what the registry has of it if it was published. */
export interface ReleaseInput {
  readonly outcome: ImageOutcome;
  readonly released: ReleasedImage | undefined;
}

/** The earlier release of the repository at `directory`; undefined where there is none that can be read. */
export async function readRelease(directory: string): Promise<Release | undefined> {
  const text = await readFile(path.join(directory, releaseFile), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseJson(releaseSchema, text);
}

/**
 * Puts the release together in the family's order. Images that were never published are not in it; images that
 * the family no longer has drop out. An earlier release for another registry carries nothing forward.
 */
export function composeRelease(
  set: ImageSet,
  facts: { readonly run: string; readonly created: Date; readonly registry: string; readonly naming: string },
  inputs: ReadonlyMap<string, ReleaseInput>,
  earlier: Release | undefined,
): Release {
  const before = new Map(
    earlier?.registry === facts.registry ? earlier.images.map((image) => [image.name, image]) : [],
  );
  const images = set.images
    .filter(({ kind }) => kind !== 'builder')
    .flatMap((image) => releasedImage(image, inputs.get(image.name), before.get(image.name)));
  return {
    version: releaseVersion,
    run: facts.run,
    created: facts.created.toISOString(),
    registry: facts.registry,
    naming: facts.naming,
    images,
  };
}

function releasedImage(
  image: Image,
  input: ReleaseInput | undefined,
  before: ReleasedImage | undefined,
): readonly ReleasedImage[] {
  if (input?.released !== undefined) return [input.released];
  if (before === undefined) return [];
  // Not part of this run: it stands as it stood.
  if (input === undefined) return [before];
  return [
    { ...before, definition: image.definition, state: 'held-back', reason: heldBackReason(input.outcome) },
  ];
}

/** Whether two releases name the same images in the same place; which run wrote them, and when, does not count. */
export function isSameRelease(release: Release, other: Release | undefined): boolean {
  if (other === undefined) return false;
  return isDeepStrictEqual({ ...release, run: '', created: '' }, { ...other, run: '', created: '' });
}

function heldBackReason(outcome: ImageOutcome): string {
  switch (outcome.kind) {
    case 'failed':
      return `${outcome.stage} failed: ${outcome.failure.message}`;
    case 'blocked':
      return `blocked by ${outcome.culprit}`;
    case 'cancelled':
      return 'the run was interrupted';
    case 'reused':
    case 'done':
      return 'not published in this run';
    default:
      outcome satisfies never;
      return '';
  }
}

/** Writes the release under a temporary name and renames it. Answers its path relative to the repository's root. */
export async function writeRelease(directory: string, release: Release): Promise<string> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  await writeFileAtomic(path.join(directory, releaseFile), `${JSON.stringify(release, null, 2)}\n`);
  return releaseFile;
}
