/** The last release of a family, from its registry or from this repository's file, believed as far as `trust` allows. */
import type { Reference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import { ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { readRelease } from './release.ts';
import { fetchRelease, releaseReference, releaseTags, type ReleaseRegistry } from './release-artifact.ts';
import type { Release } from './schema.ts';

export interface PublishedIn {
  readonly registry: ReleaseRegistry;
  /** Keys under `trust`; none: the registry is believed. */
  readonly trusted: readonly Trusted[];
  /** Releases that were read before, by the digest of their bytes. */
  readonly known?: Map<string, Release>;
}

/** The newest of a family, as `trustedRelease` answers it. */
export async function publishedRelease(
  where: PublishedIn,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Result<Release | 'unsigned' | undefined, string>> {
  const reference = releaseReference(target, releaseTags.newest);
  return reference === undefined ? ok(undefined) : await trustedRelease(where, reference, signal);
}

/**
 * The release that a reference names; where keys are trusted, the very bytes that one of them signed. `unsigned`: there
 * is one, and none of them did. Undefined where the registry has none.
 */
export async function trustedRelease(
  { registry, trusted, known }: PublishedIn,
  reference: Reference,
  signal: AbortSignal,
): Promise<Result<Release | 'unsigned' | undefined, string>> {
  if (trusted.length === 0) return await fetchRelease(registry, reference, signal, known);
  const { signedRelease } = await import('./release-signature.ts');
  const named = await signedRelease(registry, reference, trusted, signal);
  if (!named.ok) return named;
  if (named.value.kind === 'unsigned') return ok('unsigned');
  return named.value.kind === 'signed'
    ? await fetchRelease(registry, named.value.reference, signal, known)
    : ok(undefined);
}

/**
 * The repository's own file where it tells of this registry, else the registry's newest release: a fresh checkout has no
 * file. Undefined where neither is there, or the registry's is not signed by whom it has to be.
 */
export async function lastRelease(
  where: PublishedIn & { readonly directory: string },
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Result<Release | undefined, string>> {
  const file = await readRelease(where.directory);
  if (file?.registry === target.prefix) return ok(file);
  const published = await publishedRelease(where, target, signal);
  if (!published.ok) return published;
  return ok(published.value === 'unsigned' ? undefined : published.value);
}
