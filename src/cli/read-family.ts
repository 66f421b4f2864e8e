/** Reads a family as commands want it: its files, and what in them is about the contract. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import { readFamily, type Family } from '../plan/draw-plan.ts';
import type { CliContext } from './context.ts';

/** The family of the repository at `directory`. Waivers of clauses that do not exist are mistakes like any other. */
export async function readCheckedFamily(
  { env, signal }: CliContext,
  directory: string,
): Promise<Result<Family, readonly Diagnostic[]>> {
  const family = await readFamily(directory, env, signal);
  if (!family.ok) return family;
  const found = await checkContract(family.value.set);
  if (found.some(({ severity }) => severity === 'error')) return err(found);
  return found.length === 0
    ? family
    : ok({ ...family.value, warnings: [...family.value.warnings, ...found] });
}

async function checkContract(set: ImageSet): Promise<readonly Diagnostic[]> {
  if (set.images.every(({ waivers }) => waivers.length === 0)) return [];
  // The contract is large, and few families waive anything.
  const { checkWaivers } = await import('./smoke-clauses.ts');
  return checkWaivers(set);
}
