/**
 * Which of this machine's local records have expired: contents of images that nobody will ask for again, and
 * folders of old runs. Takes only contents that this checkout built, for an engine may serve several families, and
 * most have a `base`; what is current is never among them. People's own tags, and roots, are not its business.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { keyLabel, keyTag, recordReference, recordRepositoryPrefix } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { EngineError, ImageStore, StoredImage } from '../engine/engine.ts';
import { hasProcessNote, runsFolder } from './abandoned-runs.ts';

/** One record tag that may go. */
export interface ExpiredTag {
  readonly reference: string;
  /** `course`: the image that it is a record of. */
  readonly image: string;
  /** The content key of the bytes behind it. */
  readonly key: string;
  readonly why: 'not-in-family' | 'superseded';
  readonly ageMs: number;
  /** Of the image behind it, which it may share with other tags; in bytes. */
  readonly size: number;
}

export interface PruneFacts {
  readonly stored: readonly StoredImage[];
  /** Content keys of all images of the family, by name. */
  readonly keys: ReadonlyMap<string, string>;
  /** Keys of the contents that this checkout built at some time, by image. */
  readonly built: ReadonlyMap<string, ReadonlySet<string>>;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly olderThanMs: number;
}

const recordTag = /^(?<image>.+):(?<kind>key|pass)-(?<hex>[0-9a-f]{64})$/;

/** The expired record tags, in code-unit order. Pure. */
export function expiredTags({ stored, keys, built, now, olderThanMs }: PruneFacts): readonly ExpiredTag[] {
  const current = new Set([...keys].map(([name, key]) => recordReference(name, keyTag(key))));
  return stored
    .flatMap(({ tags, labels, created, size }) => {
      // A pass of the bytes that are current is current too, whatever contract it was a pass of.
      if (tags.some((tag) => current.has(tag))) return [];
      const ageMs = now - created * 1000;
      if (ageMs < olderThanMs) return [];
      return tags.flatMap((reference): ExpiredTag[] => {
        const image = recordOf(reference)?.image;
        if (image === undefined) return [];
        // A pass whose key's tag a rebuild took over still bears the key.
        const behind = [...tags.flatMap((tag) => keyIn(tag, image)), labels[keyLabel] ?? ''];
        const key = behind.find((each) => built.get(image)?.has(each) === true);
        if (key === undefined) return [];
        const why = keys.has(image) ? 'superseded' : 'not-in-family';
        return [{ reference, image, key, why, ageMs, size }];
      });
    })
    .toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
}

interface RecordTag {
  readonly image: string;
  readonly kind: string;
  readonly hex: string;
}

function recordOf(reference: string): RecordTag | undefined {
  if (!reference.startsWith(recordRepositoryPrefix)) return undefined;
  const { image, kind, hex } = recordTag.exec(reference.slice(recordRepositoryPrefix.length))?.groups ?? {};
  return image === undefined || kind === undefined || hex === undefined ? undefined : { image, kind, hex };
}

function keyIn(reference: string, image: string): readonly string[] {
  const record = recordOf(reference);
  return record?.kind === 'key' && record.image === image ? [record.hex] : [];
}

/** Removes these tags; one that is gone already is no trouble. */
export async function removeTags(
  images: ImageStore,
  expired: readonly ExpiredTag[],
  signal: AbortSignal,
): Promise<Result<void, EngineError>> {
  for (const { reference } of expired) {
    const removed = await images.remove(reference, signal);
    if (!removed.ok && removed.error.kind !== 'not-found') return err(removed.error);
  }
  return ok(undefined);
}

/** Absolute paths of the folders of runs that are older, without those that still have things in the engine. */
export async function expiredRuns(
  directory: string,
  now: number,
  olderThanMs: number,
): Promise<readonly string[]> {
  const runs = path.join(directory, runsFolder);
  const names = await readdir(runs).catch(() => []);
  const expired: string[] = [];
  for (const name of names.toSorted()) {
    const folder = path.join(runs, name);
    const { mtimeMs } = await stat(folder);
    if (now - mtimeMs >= olderThanMs && !hasProcessNote(folder)) expired.push(folder);
  }
  return expired;
}

/** Removes folders that {@link expiredRuns} named; one that is gone already is no trouble. */
export async function removeRuns(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
