/**
 * The record as the engine's own store holds it: `hubwright/<image>:key-…` says that bytes exist,
 * `hubwright/<image>:pass-…` that they passed. Pure: it reads a listing that somebody else asked for.
 */
import { keyTag, passTag, recordReference, recordRepositoryPrefix, rootLabel } from '../core/labels.ts';
import type { StoredImage } from '../engine/engine.ts';
import type { LocalBytes } from './plan.ts';

/** A root that was made on the spot and kept. */
export interface BootstrappedRoot {
  readonly name: string;
  /** The engine's reference, `hubwright/root-debian:diff-…`. */
  readonly reference: string;
  /** `diffid:sha256:…`, the layer's identity. */
  readonly identity: string;
}

export interface LocalRecord {
  /** What the engine has for this content of this image. */
  bytes(imageName: string, contentKey: string, verdictKey: string): LocalBytes | undefined;
  /** The content key of the image's bytes that the engine got last, whatever they are. */
  lastKey(imageName: string): string | undefined;
  bootstrappedRoot(name: string): BootstrappedRoot | undefined;
  /** The image's ID behind any local reference, `repository:tag`. */
  idOf(reference: string): string | undefined;
  /** The content keys under which the engine knows, as an image of this name, what a local reference names. */
  keysOf(reference: string, imageName: string): readonly string[];
  /** A registry digest (`sha256:…`) under which the engine holds the repository's image, by `repository:tag`. */
  digestOf(reference: string): string | undefined;
}

const keyReference = /^hubwright\/(?<image>[^:]+):key-(?<key>[0-9a-f]{64})$/;
const rootTag = /^hubwright\/root-(?<name>[^:]+):diff-(?<hex>[0-9a-f]{64})$/;

/** Indexes the engine's listing of images. */
export function readLocalRecord(images: readonly StoredImage[]): LocalRecord {
  const byReference = new Map<string, StoredImage>();
  let lastKeys: ReadonlyMap<string, string> | undefined;
  const roots = new Map<string, BootstrappedRoot & { readonly created: number }>();
  for (const image of images) {
    for (const reference of image.tags) {
      byReference.set(reference, image);
      if (!reference.startsWith(recordRepositoryPrefix) || image.labels[rootLabel] === undefined) continue;
      const match = rootTag.exec(reference)?.groups;
      const name = match?.['name'];
      if (match === undefined || name === undefined) continue;
      const known = roots.get(name);
      if (known !== undefined && known.created >= image.created) continue;
      roots.set(name, {
        name,
        reference,
        identity: `diffid:sha256:${match['hex'] ?? ''}`,
        created: image.created,
      });
    }
  }
  return {
    bytes(imageName, contentKey, verdictKey) {
      const image = byReference.get(recordReference(imageName, keyTag(contentKey)));
      if (image === undefined) return undefined;
      // A pass counts for the very bytes that were tested: a rebuild under the same key moves the key's tag alone.
      const passed = byReference.get(recordReference(imageName, passTag(verdictKey)))?.id === image.id;
      return { id: image.id, created: image.created, size: image.size, passed };
    },
    lastKey(imageName) {
      // Asked only where something is to be explained.
      lastKeys ??= lastKeysOf(images);
      return lastKeys.get(imageName);
    },
    bootstrappedRoot: (name) => roots.get(name),
    idOf: (reference) => byReference.get(reference)?.id,
    keysOf: (reference, imageName) =>
      (byReference.get(reference)?.tags ?? []).flatMap((tag) => {
        const match = keyReference.exec(tag)?.groups;
        return match?.['image'] === imageName ? (match['key'] ?? []) : [];
      }),
    digestOf(reference) {
      const image = byReference.get(reference);
      const repository = reference.slice(0, reference.lastIndexOf(':'));
      return image?.digests.find((digest) => digest.startsWith(`${repository}@`))?.split('@')[1];
    },
  };
}

function lastKeysOf(images: readonly StoredImage[]): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  // A later one takes an earlier one's place.
  for (const { tags } of images.toSorted((a, b) => a.created - b.created)) {
    for (const tag of tags) {
      const match = keyReference.exec(tag)?.groups;
      if (match?.['image'] !== undefined && match['key'] !== undefined)
        keys.set(match['image'], match['key']);
    }
  }
  return keys;
}
