/**
 * Tells a test as a story: steps in order, each with its time and evidence. A step that stands on one that failed is
 * not run. It knows nothing of what the steps do.
 */
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import { printable } from './evidence.ts';

/** How one step ended. Evidence: what was asked and answered, a line each; on failure also last words of those concerned. */
export interface StepResult {
  /** `login`, `lab`: stable, for scripts. */
  readonly id: string;
  /** What holds, as half a sentence. */
  readonly title: string;
  readonly result: 'pass' | 'fail' | 'not-run';
  readonly durationMs: number;
  readonly evidence: readonly string[];
}

/** A story that was told. */
export interface ToldStory {
  /** True when every step passed. */
  readonly passed: boolean;
  readonly steps: readonly StepResult[];
  readonly durationMs: number;
}

export interface Finding {
  readonly result: 'pass' | 'fail' | 'not-run';
  readonly evidence: readonly string[];
}

export interface Step {
  readonly id: string;
  readonly title: string;
  /** Ids of steps without which this one cannot be told. */
  readonly needs: readonly string[];
  /** Whatever the tested images do is a finding; only engine trouble is an error. */
  play(signal: AbortSignal): Promise<Result<Finding, EngineError>>;
}

export class Story {
  readonly steps: StepResult[] = [];
  readonly #onStep: (step: StepResult) => void;

  readonly #started = performance.now();

  constructor(onStep: (step: StepResult) => void) {
    this.#onStep = onStep;
  }

  /** True where no step failed or was left out. */
  get passed(): boolean {
    return this.steps.every(({ result }) => result === 'pass');
  }

  get told(): ToldStory {
    return { passed: this.passed, steps: this.steps, durationMs: performance.now() - this.#started };
  }

  /** Plays one step, or says why not. `cancelled` where the signal cut it short. */
  async tell({ id, title, needs, play }: Step, signal: AbortSignal): Promise<Result<void, EngineError>> {
    const started = performance.now();
    const missing = needs.filter((need) => !this.#held(need));
    const played =
      missing.length === 0
        ? await play(signal)
        : ok({ result: 'not-run', evidence: [`needs ${missing.join(', ')}`] } as const);
    if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
    if (!played.ok) return played;
    const { result, evidence } = played.value;
    const step = {
      id,
      title,
      result,
      durationMs: performance.now() - started,
      evidence: evidence.map(printable),
    };
    this.steps.push(step);
    this.#onStep(step);
    return ok(undefined);
  }

  #held(id: string): boolean {
    return this.steps.some((step) => step.id === id && step.result === 'pass');
  }
}

/** The step went as it has to. */
export function pass(...evidence: readonly string[]): Result<Finding, never> {
  return ok({ result: 'pass', evidence });
}

/** It did not; the evidence says what was seen in its place. */
export function fail(...evidence: readonly string[]): Result<Finding, never> {
  return ok({ result: 'fail', evidence });
}
