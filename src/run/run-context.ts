/** What every stage of a run works with, and how it ends. */
import type { RegistryClient } from '../../registry/client.ts';
import type { Signer } from '../attest/signer.ts';
import type { Emit, ImageFailure } from '../core/event.ts';
import type { CredentialSource, Engine } from '../engine/engine.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { Tier } from '../smoke/verdict.ts';
import type { Scanner } from '../scan/scanner.ts';
import type { Clock } from './clock.ts';
import type { RunLog } from './run-log.ts';
import type { SharedAnswers } from './shared-answers.ts';
import type { Source } from './source.ts';

/** With what a run signs, and what it can say of the files that it built from. */
export interface Signing {
  readonly signer: Signer;
  /** Undefined where the family lies in no git repository; asked once a run. */
  readonly source: () => Promise<Source | undefined>;
}
import type { ScanPolicyOfDay } from './scan-policy.ts';

export interface RunOptions {
  readonly runId: string;
  /** Builds at once. */
  readonly jobs: number;
  /** Checks at once, beside the builds. Each is granted processors of its own, and judged by its times. */
  readonly checks: number;
  /** A build that is silent for so long, and makes no progress, is ended. */
  readonly idleTimeoutMs: number;
  /** How far images are checked. */
  readonly tier: Tier;
  readonly failFast: boolean;
  /** Build without the engine's layer cache. */
  readonly noCache: boolean;
  /** Believe no earlier pass of the selected images. */
  readonly force: boolean;
  readonly push: boolean;
  /** Stop when the bytes are there, or when they are checked: nothing gets a name that people use. */
  readonly until?: 'built' | 'checked';
}

/** Which revision of the family's files a run publishes, and how others stand to it. */
export interface History {
  /** Undefined where the family lies in no git repository; asked once a run. */
  revision(): Promise<string | undefined>;
  /** Whether ours is an ancestor of the other; false where git does not know. */
  isBefore(other: string): Promise<boolean>;
}

/** What scans of a run work with. */
export interface RunScan {
  readonly scanner: Scanner;
  readonly policy: ScanPolicyOfDay;
}

export interface RunContext {
  readonly drawn: DrawnPlan;
  readonly engine: Engine;
  readonly registry: RegistryClient;
  readonly answers: SharedAnswers;
  readonly credentials: CredentialSource;
  /** Build secrets by id; handed to builds and to nothing else. */
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly emit: Emit;
  readonly log: RunLog;
  readonly clock: Clock;
  /** The command line as typed, and our version: provenances tell them. */
  readonly command: readonly string[];
  readonly version: string;
  /** Undefined where nothing is signed. */
  readonly signing: Signing | undefined;
  readonly options: RunOptions;
  /** Where images are scanned before they are published. */
  readonly scan?: RunScan;
  /** Where tags that move are held against the revision that set them. */
  readonly history?: History | undefined;
}

/** How a stage of one image ended. */
export type StageResult<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly failure: ImageFailure }
  | { readonly kind: 'cancelled' };

export const cancelled = { kind: 'cancelled' } as const;

/** The stage went well, with this. */
export function done<T>(value: T): StageResult<T> {
  return { kind: 'ok', value };
}

/** The image failed at this stage, or could not be tried: the failure says who is to blame. */
export function failed(failure: ImageFailure): { readonly kind: 'failed'; readonly failure: ImageFailure } {
  return { kind: 'failed', failure };
}
