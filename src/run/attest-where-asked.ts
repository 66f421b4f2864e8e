/**
 * The way to signatures for who publishes: most families neither sign nor ask for signatures, and need not load what
 * makes and reads them. What they say is attest-stage.ts's.
 */
import type { PlanEntry } from '../plan/plan.ts';
import type { Tested } from './attest-stage.ts';
import type { Manifest, Place } from './published-manifest.ts';
import { done, type RunContext, type StageResult } from './run-context.ts';

/** Signs what this run tested and pushed, where the family says with what. */
export async function attestWhereAsked(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  manifest: Manifest,
  tested: Tested,
  signal: AbortSignal,
): Promise<StageResult<void>> {
  const { signing } = context;
  if (signing === undefined) return done(undefined);
  const { attestImage } = await import('./attest-stage.ts');
  return await attestImage({ ...context, signing }, entry, place, manifest, tested, signal);
}

/** Whether the pass of a published image counts: where keys are trusted, only if one of them signed it. */
export async function passCounts(
  context: RunContext,
  entry: PlanEntry,
  place: Place,
  digest: string,
  signal: AbortSignal,
): Promise<StageResult<boolean>> {
  if (context.drawn.trusted.length === 0) return done(true);
  const { passIsSigned } = await import('./attest-stage.ts');
  return await passIsSigned(context, entry, place, digest, signal);
}
