/** The release for commands that read one: what the user names, else the repository's own. */
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
  const source = { named, cwd: context.cwd, directory, registry: workplace.registry };
  return await loadRelease(
    { ...source, target: target ?? (await targetOf(context, directory)) },
    context.signal,
  );
}

/** A matrix.yaml with mistakes in it names no place: whoever needs the family tells them. */
async function targetOf(context: CliContext, directory: string): Promise<RegistryTarget | undefined> {
  const matrix = await loadMatrix(directory, context.env);
  return matrix.ok ? matrix.value.set.registry : undefined;
}
