/** The release for commands that read one: what the user names, else the repository's own. */
import { loadTrust } from '../attest/trust.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { loadMatrix } from '../matrix/load-matrix.ts';
import { loadRelease } from '../run/load-release.ts';
import type { Release } from '../run/schema.ts';
import type { CliContext } from './context.ts';
import { openWorkplace } from './workplace.ts';

/** `named`: a file or an artifact's reference. `target`: where the family is published, where that is known already. */
export async function openRelease(
  context: CliContext,
  directory: string,
  {
    named,
    target,
  }: { readonly named?: string | undefined; readonly target?: RegistryTarget | undefined } = {},
): Promise<Result<Release, readonly Diagnostic[]>> {
  await using workplace = openWorkplace(context);
  const matrix = await loadMatrix(directory, context.env);
  // A matrix.yaml with mistakes in it names no place and no keys: whoever needs the family tells them.
  const set = matrix.ok ? matrix.value.set : undefined;
  const trusted = await loadTrust(set?.trust ?? [], context.env, context.signal);
  if (!trusted.ok) return trusted;
  const source = { named, cwd: context.cwd, directory, registry: workplace.registry };
  return await loadRelease(
    { ...source, target: target ?? set?.registry, trusted: trusted.value },
    context.signal,
  );
}
