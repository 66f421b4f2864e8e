/**
 * What a smoke test says of an image: clause by clause, with evidence. The words for it, and how they are read; it judges nothing.
 */

/**
 * Which clauses an image is held to. `pytorch` adds to `singleuser`; `custom` runs a command of the user's
 * own inside the image; `none` starts nothing.
 */
export const profiles = [
  'singleuser',
  'pytorch',
  'local',
  'hub',
  'proxy',
  'database',
  'registry',
  'nfs',
  'custom',
  'none',
] as const;
export type Profile = (typeof profiles)[number];

/** `must` refuses the image, `should` is a remark, `info` only tells. */
export type ClauseSeverity = 'must' | 'should' | 'info';

/** `gate` is judged for every build; `deep` takes time or odd set-ups, and is judged nightly and on demand. */
export type Tier = 'gate' | 'deep';

/** What became of a clause. `waived`: it failed, and matrix.yaml says that for a time it may. Never counted as passed. */
export const clauseOutcomes = ['pass', 'fail', 'waived', 'not-applicable', 'not-run'] as const;
export type ClauseOutcome = (typeof clauseOutcomes)[number];

export interface ClauseResult {
  /** `S4`, `H1`, `D2`: see the contract. */
  readonly id: string;
  readonly title: string;
  readonly severity: ClauseSeverity;
  readonly tier: Tier;
  readonly result: ClauseOutcome;
  readonly durationMs: number;
  /** It was judged by the clock. */
  readonly timed?: true;
  /** What was asked and what was answered, a line each; for what was not judged, why. */
  readonly evidence: readonly string[];
  /** The likely cause in plain words, and what to do; only where it failed, waived or not. */
  readonly hint?: string;
  /** Only where it was waived. */
  readonly waiver?: { readonly reason: string; readonly until: string };
}

/** Whether this result alone makes the image unfit; a failed `should` is a remark. */
export function refuses({ severity, result }: Pick<ClauseResult, 'severity' | 'result'>): boolean {
  return severity === 'must' && result === 'fail';
}

/** What was found inside, as far as it could be seen. */
export interface Versions {
  readonly python?: string;
  /** Python packages and their versions, in code-unit order; `jupyterhub` and `jupyterlab` are among them. */
  readonly packages: Readonly<Record<string, string>>;
}

export interface Verdict {
  readonly image: string;
  readonly imageId: string;
  readonly profile: Profile;
  /** How far it was judged. */
  readonly tier: Tier;
  /** Version of the contract that it was held to. */
  readonly contract: number;
  /** True when no `must` clause failed, and none that was asked for by name was left unjudged. */
  readonly passed: boolean;
  readonly clauses: readonly ClauseResult[];
  /** Undefined where nothing inside could be asked. */
  readonly versions?: Versions;
  /** A command in it that does nothing; empty where none was seen, undefined where nobody could look. */
  readonly noop?: readonly string[];
  /** The end of the container's log; empty where everything passed. */
  readonly logTail: readonly string[];
  readonly durationMs: number;
}
