/**
 * Verdict keys: what a pass was a pass *of*. Pure.
 */
import type { Resources } from '../matrix/image-set.ts';
import { hashOf } from './canonical-json.ts';

/** Everything beside the image's bytes that a verdict depends on. */
export interface VerdictTerms {
  /** Version of the contract. */
  readonly contract: number;
  /** The smoke profile: which clauses the image was held to. */
  readonly profile: string;
  /** How far it was tested: a pass of the gate is none of the deep tier. */
  readonly tier: string;
  /** What it was granted while it was tested. */
  readonly resources: Resources;
  /** Bytes that it may unpack to; undefined: no bound. */
  readonly maxSize: number | undefined;
  /** The command that had to succeed inside it. */
  readonly check: string | undefined;
  /** Clauses that were waived for it. */
  readonly waivers: readonly string[];
}

/** 64 hexadecimal digits; the order in which waivers are written does not matter. */
export function verdictKey(contentKey: string, terms: VerdictTerms): string {
  const { contract, profile, tier, resources, maxSize, check, waivers } = terms;
  return hashOf({
    content: contentKey,
    contract,
    profile,
    tier,
    memory: resources.memory ?? null,
    cpu: resources.cpu ?? null,
    maxSize: maxSize ?? null,
    check: check ?? null,
    waivers: [...new Set(waivers)].toSorted((a, b) => (a < b ? -1 : 1)),
  });
}
