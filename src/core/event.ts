/**
 * What happens in a run, as data. The work emits these; the journal keeps them, every display is an
 * exhaustive switch over them. Nothing in here may hold a secret: values of secrets and credentials
 * never enter an event.
 */
import type { Diagnostic } from './diagnostic.ts';

/** What the plan asks for one image. */
export const actions = ['reuse', 'publish', 'verify', 'build', 'blocked'] as const;
export type Action = (typeof actions)[number];

/** The steps of one image's walk, in their order. */
export type Stage = 'build' | 'smoke' | 'scan' | 'push' | 'sign' | 'tag';

/** How one image ended. `blocked` and `cancelled` images did nothing wrong themselves. */
export type ImageOutcome =
  | { readonly kind: 'reused' }
  | { readonly kind: 'done'; readonly published: boolean }
  | { readonly kind: 'failed'; readonly stage: Stage; readonly failure: ImageFailure }
  | { readonly kind: 'blocked'; readonly culprit: string }
  | { readonly kind: 'cancelled' };

/** Why an image failed, with what a person needs to see at once. */
export interface ImageFailure {
  /** One line. */
  readonly message: string;
  /** `image`: its own fault (exit code 1). `environment`: engine, network or registry (exit code 3). */
  readonly blame: 'image' | 'environment';
  /** Nothing else can succeed either: the engine itself is gone. */
  readonly endsRun?: true;
  /** Where in a file of the user's, when there is such a place. */
  readonly diagnostic?: Diagnostic;
  /** Names of the contract's clauses that failed. */
  readonly clauses?: readonly FailedClause[];
  /** What a scan found that the policy does not let pass, the worst first. */
  readonly findings?: readonly BlockingFinding[];
  /** The last lines of output. */
  readonly tail: readonly string[];
  /** Path of the whole log, relative to the repository's root. */
  readonly log?: string;
}

export interface FailedClause {
  readonly id: string;
  readonly title: string;
  readonly evidence: readonly string[];
  readonly hint?: string;
}

export interface BlockingFinding {
  readonly kind: 'hole' | 'end-of-life' | 'secret';
  /** `CVE-2026-1234`; of a secret the rule that found it. */
  readonly id: string;
  readonly severity: string;
  readonly title: string;
  /** In plain words: `in openssl 3.0, mended in 3.1`. */
  readonly where: string;
}

export interface PlannedImage {
  readonly name: string;
  readonly action: Action;
  /** In plain words, the most important first. */
  readonly reasons: readonly string[];
}

export type RunResult = 'success' | 'failure' | 'environment' | 'interrupted';

export interface StageFacts {
  readonly imageId?: string;
  readonly size?: number;
  readonly digest?: string;
  readonly reference?: string;
  /** `12 clauses`, `3 steps, 2 from the cache`. */
  readonly summary?: string;
  /** The stage had nothing to do: an earlier result stands. */
  readonly remembered?: boolean;
}

export type RunEventBody =
  | {
      readonly kind: 'run-started';
      readonly run: string;
      readonly command: readonly string[];
      readonly version: string;
    }
  | {
      readonly kind: 'plan-made';
      readonly images: readonly PlannedImage[];
      /** About how long it will take; absent where an image was never built here. */
      readonly estimateMs?: number;
    }
  | { readonly kind: 'stage-started'; readonly image: string; readonly stage: Stage }
  | {
      readonly kind: 'build-step';
      readonly image: string;
      readonly step: string;
      readonly name: string;
      readonly state: 'started' | 'done' | 'cached' | 'failed';
    }
  | { readonly kind: 'output'; readonly image: string; readonly stage: Stage; readonly text: string }
  | {
      readonly kind: 'clause';
      readonly image: string;
      readonly id: string;
      readonly title: string;
      readonly result: 'pass' | 'fail' | 'waived' | 'not-applicable' | 'not-run';
      readonly severity: 'must' | 'should' | 'info';
      /** It was judged by the clock. */
      readonly timed?: true;
      readonly durationMs: number;
      readonly evidence: readonly string[];
      readonly hint?: string;
    }
  | ({
      readonly kind: 'stage-finished';
      readonly image: string;
      readonly stage: Stage;
      readonly durationMs: number;
    } & StageFacts)
  | {
      readonly kind: 'image-finished';
      readonly image: string;
      readonly durationMs: number;
      readonly outcome: ImageOutcome;
    }
  /** The database of known holes that this run's scans go by. */
  | { readonly kind: 'scan-database'; readonly updatedAt: string; readonly ageHours: number }
  | { readonly kind: 'remark'; readonly image?: string; readonly message: string }
  | {
      readonly kind: 'run-finished';
      readonly result: RunResult;
      readonly durationMs: number;
      readonly counts: RunCounts;
      readonly release?: string;
    };

/** How many images ended how. */
export interface RunCounts {
  readonly reused: number;
  readonly done: number;
  readonly failed: number;
  readonly blocked: number;
  readonly cancelled: number;
}

/** An event with the moment it happened, milliseconds since 1970. */
export type RunEvent = RunEventBody & { readonly time: number };

export type Emit = (event: RunEventBody) => void;
