/** The newest release of a family's registry, believed as far as `trust` allows. */
import { ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { fetchRelease, releaseReference, releaseTags } from './release-artifact.ts';
import type { RunContext } from './run-context.ts';
import type { Release } from './schema.ts';

/** `unsigned`: there is one, and no key under `trust` signed it. Undefined where the registry has none yet. */
export async function publishedRelease(
  { registry, drawn }: Pick<RunContext, 'registry' | 'drawn'>,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Result<Release | 'unsigned' | undefined, string>> {
  const reference = releaseReference(target, releaseTags.newest);
  if (reference === undefined) return ok(undefined);
  if (drawn.trusted.length === 0) return await fetchRelease(registry, reference, signal);
  const { signedRelease } = await import('./release-signature.ts');
  const named = await signedRelease(registry, reference, drawn.trusted, signal);
  if (!named.ok) return named;
  if (named.value.kind === 'unsigned') return ok('unsigned');
  return named.value.kind === 'signed'
    ? await fetchRelease(registry, named.value.reference, signal)
    : ok(undefined);
}
