/** The shape of a verdict as it is kept (`.hubwright/verdicts/<image>.json`) and read back. Permissive: a verdict only tells. */
import { z } from 'zod';
import { clauseOutcomes, profiles, type ClauseResult, type Verdict } from '../smoke/verdict.ts';

/** Another version is read as "nothing kept". */
const keptVerdictVersion = 1;

const clause = z.object({
  id: z.string(),
  title: z.string(),
  severity: z.enum(['must', 'should', 'info']),
  tier: z.enum(['gate', 'deep']),
  result: z.enum(clauseOutcomes),
  durationMs: z.number(),
  timed: z.literal(true).exactOptional(),
  evidence: z.array(z.string()),
  hint: z.string().exactOptional(),
  waiver: z.object({ reason: z.string(), until: z.string() }).exactOptional(),
});

const verdict = z.object({
  image: z.string(),
  imageId: z.string(),
  profile: z.enum(profiles),
  tier: z.enum(['gate', 'deep']),
  contract: z.number(),
  passed: z.boolean(),
  clauses: z.array(clause),
  versions: z
    .object({ python: z.string().exactOptional(), packages: z.record(z.string(), z.string()) })
    .exactOptional(),
  noop: z.array(z.string()).exactOptional(),
  logTail: z.array(z.string()),
  durationMs: z.number(),
});

export interface KeptVerdict {
  readonly version: typeof keptVerdictVersion;
  /** The content key that it was found under. */
  readonly key: string;
  readonly verdictKey: string;
  /** Milliseconds since 1970. */
  readonly judgedAt: number;
  readonly verdict: Verdict;
  /** What the deep tier said of the same content, where it refused it and the gate was asked since. */
  readonly refusal?: Refusal;
}

/** A test that an image did not pass. */
export interface Refusal {
  readonly verdictKey: string;
  readonly judgedAt: number;
  /** Those that it had to pass and did not. */
  readonly clauses: readonly ClauseResult[];
}

export const keptVerdictSchema: z.ZodType<KeptVerdict> = z.object({
  version: z.literal(keptVerdictVersion),
  key: z.string(),
  verdictKey: z.string(),
  judgedAt: z.number(),
  verdict,
  refusal: z
    .object({ verdictKey: z.string(), judgedAt: z.number(), clauses: z.array(clause) })
    .exactOptional(),
});
