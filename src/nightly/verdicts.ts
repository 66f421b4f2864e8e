/** What a night finds out of an image, and what it comes to. Types only. */
import type { Difference } from './compare.ts';

/** What is known of one image under one key. */
export type TrialVerdict =
  /** Nobody can tell it from what is published: thrown away. `unchecked`: which has not passed what is asked today. */
  | { readonly kind: 'equal'; readonly unchecked?: true }
  /** `difference` is undefined where nothing is published, or where nothing is there to compare with. */
  | { readonly kind: 'changed'; readonly difference: Difference | undefined; readonly verified: boolean }
  | { readonly kind: 'failed'; readonly why: string }
  /** It stands on one that failed. */
  | { readonly kind: 'blocked'; readonly why: string };

/** How the night ended for one image that people use. */
export type NightImage = { readonly name: string } & (
  | {
      readonly state: 'same';
      /** It was built anew and nobody could have told. */ readonly thrownAway: boolean;
    }
  | {
      readonly state: 'changed';
      readonly because: readonly string[];
      readonly difference: Difference | undefined;
      /** Digests, where there is a registry. */
      readonly from: string | undefined;
      readonly to: string | undefined;
    }
  | { readonly state: 'held-back'; readonly why: string }
  /** With `--dry-run`: it would be built. */
  | { readonly state: 'would-try'; readonly because: readonly string[] }
);

/** One night, as its JSON tells it. */
export interface NightSummary {
  readonly version: 1;
  readonly day: string;
  /** The last day of the freeze that the night lies in. */
  readonly frozenUntil?: string;
  readonly dryRun?: true;
  /** Why the night ended before its time; nothing else is told of it then. */
  readonly ended?: readonly string[];
  /** What moved in matrix.lock. */
  readonly moves: readonly string[];
  readonly images: readonly NightImage[];
  /** What else happened: roots that nobody answered for, signatures, nodes. */
  readonly notes: readonly string[];
}
