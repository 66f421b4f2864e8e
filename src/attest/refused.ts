/**
 * Why what lies beside an image counts for nothing, for somebody who expected that it does: signed by whom instead, or
 * what is wrong with it. Told of certificates alone: whose key made another signature, nothing tells.
 */
import type { Failed } from '../../registry/error.ts';
import { referredEnvelopes, taggedEnvelopes, type Place } from './attachments.ts';
import { predicateTypes } from './statement.ts';
import type { Judgement, Trusted } from './trusted.ts';

const mostTold = 5;

/** A sentence for each reason why a pass beside the image is none. */
export async function refusedPasses(
  place: Place,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<readonly string[] | Failed> {
  const identities = trusted.filter((each) => each.kind === 'identity');
  if (identities.length === 0) return [];
  const reasons = new Set<string>();
  for (const read of [taggedEnvelopes, referredEnvelopes]) {
    const found = await read(place, predicateTypes.testResult, signal);
    if ('kind' in found) return found;
    for (const { bundle, stamped } of found) {
      if (bundle === undefined) continue;
      const judged = identities.map((identity) => identity.judge(bundle, { stamped }));
      // What one root knows, another may not: who it was says more than that somebody is unknown.
      const best = judged.find(({ kind }) => kind === 'stranger') ?? judged[0];
      const reason = best === undefined ? undefined : reasonOf(best);
      if (reason !== undefined) reasons.add(reason);
    }
  }
  const told = [...reasons];
  // Whom one of the forms names is not told once more as a riddle of the other.
  const named = told.filter((reason) => reason.startsWith(byStranger));
  return (named.length > 0 ? named : told).slice(0, mostTold);
}

const byStranger = 'signed by ';

function reasonOf(judged: Judgement): string | undefined {
  switch (judged.kind) {
    case 'stranger':
      return `${byStranger}${judged.signer} of ${judged.issuer}, who is not trusted`;
    case 'invalid':
      return `a signature that does not hold: ${judged.why}`;
    case 'trusted':
      return undefined;
    default:
      return judged satisfies never;
  }
}
