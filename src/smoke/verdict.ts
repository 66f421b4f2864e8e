/**
 * What a smoke test says of an image: clause by clause, with evidence. Types only.
 */

/** Which clauses an image is held to. */
export const profiles = ['singleuser', 'hub', 'proxy', 'database', 'registry', 'custom', 'none'] as const;
export type Profile = (typeof profiles)[number];

export type ClauseSeverity = 'must' | 'should' | 'info';

export interface ClauseResult {
  /** `S4`, `H1`, `D2`: see the contract. */
  readonly id: string;
  readonly title: string;
  readonly severity: ClauseSeverity;
  readonly result: 'pass' | 'fail' | 'not-applicable' | 'not-run';
  readonly durationMs: number;
  /** It was judged by the clock. */
  readonly timed?: true;
  /** What was asked and what was answered, a line each. */
  readonly evidence: readonly string[];
  /** The likely cause in plain words, and what to do; only where it failed. */
  readonly hint?: string;
}

export interface Verdict {
  readonly image: string;
  readonly imageId: string;
  readonly profile: Profile;
  /** Version of the contract that it was held to. */
  readonly contract: number;
  /** True when no `must` clause failed. */
  readonly passed: boolean;
  readonly clauses: readonly ClauseResult[];
  /** The end of the container's log; empty where everything passed. */
  readonly logTail: readonly string[];
  readonly durationMs: number;
}
