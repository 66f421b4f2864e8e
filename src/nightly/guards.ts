/**
 * What a night has to find as it left it, or as it can be true: today's day beside those of matrix.lock, and the files of
 * the repository when it comes to write. Pure.
 */
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import type { Lock } from '../matrix/image-set.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';

/** A clock that is wrong: the lock has days that have not come yet. Such a night would turn them back. */
export function dayTrouble(day: string, { epochs }: Pick<Lock, 'epochs'>): Diagnostic | undefined {
  const ahead = Object.entries(epochs).filter(([, epoch]) => epoch > day);
  const [name, epoch] = ahead.toSorted(([, a], [, b]) => (a < b ? 1 : -1))[0] ?? [];
  if (name === undefined) return undefined;
  return environmentError(
    'day-before-lock',
    `today is ${day}, and matrix.lock has system packages as of ${epoch} (\`${name}\`)`,
    'set this machine’s clock; where it is right, a wrong one wrote the lock: take that commit back, or run `build lock --update`',
  );
}

/** Images whose files, lock entries or open roots are others than when the night began. */
export function editedMeanwhile(before: DrawnPlan, now: DrawnPlan): Diagnostic | undefined {
  const names = [...before.plan.entries, ...now.plan.entries].map(({ name }) => name);
  const edited = names.find((name) => before.keys.get(name)?.key !== now.keys.get(name)?.key);
  if (edited === undefined) return undefined;
  return environmentError(
    'edited-meanwhile',
    `the night ends here, for what \`${edited}\` is made from was edited while it ran`,
    'nothing was moved and nothing published; run it again, in a clone that nobody works in',
  );
}
