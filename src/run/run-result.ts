/** What a run comes to, from how its images ended. Pure. */
import type { ImageOutcome, RunCounts, RunResult } from '../core/event.ts';

/** An image's own failure weighs more than trouble outside: it is what a person has to mend. */
export function resultOf(interrupted: boolean, outcomes: ReadonlyMap<string, ImageOutcome>): RunResult {
  if (interrupted) return 'interrupted';
  const failures = [...outcomes.values()].flatMap((outcome) =>
    outcome.kind === 'failed' ? [outcome.failure.blame] : [],
  );
  if (failures.includes('image')) return 'failure';
  return failures.length > 0 ? 'environment' : 'success';
}

/** How many images ended how. */
export function countOutcomes(outcomes: ReadonlyMap<string, ImageOutcome>): RunCounts {
  const counts = { reused: 0, done: 0, failed: 0, blocked: 0, cancelled: 0 };
  for (const { kind } of outcomes.values()) counts[kind] += 1;
  return counts;
}
