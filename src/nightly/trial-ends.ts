/** What a run of the trials says of an image, and when it ends the night. Pure. */
import type { Diagnostic } from '../core/diagnostic.ts';
import type { ImageOutcome } from '../core/event.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { RunReport } from '../run/execute-plan.ts';
import type { TrialVerdict } from './verdicts.ts';

/** An image as a plan means it: by name and key. */
export function idOf({ keys }: DrawnPlan, name: string): string {
  return `${name} ${keys.get(name)?.key ?? ''}`;
}

/** Why a Python lock is as it was, as a person is told of it behind the image's name. */
export function lockStays(why: string): string {
  return `its Python packages stay: ${why}`;
}

/** Of an image whose parent failed. */
export function blockedBy(culprit: string): TrialVerdict {
  return { kind: 'blocked', why: `it stands on ${culprit}, which is held back` };
}

/** Of an image that could not be built, or was refused. */
export function failedVerdict({ stage, failure }: Extract<ImageOutcome, { kind: 'failed' }>): TrialVerdict {
  return { kind: 'failed', why: `${stage} failed: ${failure.message}` };
}

/** What lies outside ends the night: of an image that could not be tried nothing is known. */
export function troubleOf({ result, outcomes }: RunReport): readonly Diagnostic[] | undefined {
  const troubles = [...outcomes].flatMap(([name, outcome]): Diagnostic[] =>
    outcome.kind === 'failed' && outcome.failure.blame === 'environment'
      ? [
          {
            category: 'environment',
            severity: 'error',
            code: 'night-ended',
            message: `the night ends here, for \`${name}\` could not be tried: ${outcome.failure.message}`,
            help: 'nothing was moved and nothing published; run it again',
          },
        ]
      : [],
  );
  if (troubles.length > 0) return troubles;
  return result === 'interrupted' ? [] : undefined;
}
