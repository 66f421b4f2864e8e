/** What a night asks of a family's Python locks. Types only. */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Result } from '../core/result.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { Move } from './moves.ts';

/** What a Python lock would be. */
export type LockAnswer =
  /** No version is another. */
  | { readonly kind: 'same' }
  /** The same question gives the same object. */
  | { readonly kind: 'moved'; readonly move: Move }
  | { readonly kind: 'failed'; readonly why: string };

/** The locks of a family, each computed in one image. */
export interface TrialLocks {
  /** The lock that is computed in this image. */
  fileOf(name: string): string | undefined;
  /** What the lock of this image is with these moves made; `drawn` is the plan with them, what it stands on is built. */
  ask(
    moves: Iterable<Move>,
    drawn: DrawnPlan,
    name: string,
  ): Promise<Result<LockAnswer, readonly Diagnostic[]>>;
}
