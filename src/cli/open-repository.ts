/** What every command that builds reads before it asks anything outside: the family, and what builds shall know. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Family } from '../plan/draw-plan.ts';
import { caSecret, readBuildSecrets } from '../run/build-secrets.ts';
import { findCaBundle } from '../setup/ca-bundle.ts';
import type { CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';

export interface Repository {
  readonly directory: string;
  readonly family: Family;
  /** Values of the build secrets by id, the certificate authorities among them. */
  readonly secrets: ReadonlyMap<string, Buffer>;
}

/** Reads the repository that the user means. Everything that is wrong with its files is told together. */
export async function openRepository(
  context: CliContext,
  options: { readonly directory?: string; readonly ca?: string },
): Promise<Result<Repository, readonly Diagnostic[]>> {
  const directory = findRepository(options.directory, context.cwd);
  const family = await readCheckedFamily(context, directory);
  if (!family.ok) return family;
  const ca = await findCaBundle({ flag: options.ca, env: context.env });
  if (!ca.ok) return err([ca.error]);
  const secrets = await readBuildSecrets(directory, family.value.set.secrets, ca.value?.bytes, context.env);
  if (!secrets.ok) return secrets;
  for (const [id, value] of secrets.value) if (id !== caSecret) context.secrets.add(value.toString('utf8'));
  return ok({ directory, family: family.value, secrets: secrets.value });
}
