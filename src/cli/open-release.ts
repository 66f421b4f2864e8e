/** The release for commands that read one: what the user names, else the repository's own. */
import { loadTrust } from '../attest/trust.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Result } from '../core/result.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { loadMatrix } from '../matrix/load-matrix.ts';
import { loadRelease } from '../run/load-release.ts';
import type { Release } from '../run/schema.ts';
import type { CliContext } from './context.ts';
import { openWorkplace } from './workplace.ts';

type FamilyPlace = Pick<ImageSet, 'registry' | 'trust'>;

/** `named`: a file or an artifact's reference. `set`: the family, where it has been read already. */
export async function openRelease(
  context: CliContext,
  directory: string,
  { named, set }: { readonly named?: string | undefined; readonly set?: FamilyPlace | undefined } = {},
): Promise<Result<Release, readonly Diagnostic[]>> {
  await using workplace = openWorkplace(context);
  const place = set ?? (await placeOf(context, directory));
  const trusted = await loadTrust(place?.trust ?? [], context.env, context.signal);
  if (!trusted.ok) return trusted;
  const source = { named, cwd: context.cwd, directory, registry: workplace.registry };
  return await loadRelease({ ...source, target: place?.registry, trusted: trusted.value }, context.signal);
}

/** A matrix.yaml with mistakes in it names no place and no keys: whoever needs the family tells them. */
async function placeOf(context: CliContext, directory: string): Promise<FamilyPlace | undefined> {
  const matrix = await loadMatrix(directory, context.env);
  return matrix.ok ? matrix.value.set : undefined;
}
