/** What a pass of an image is a pass of. The plan lies below the smoke room and has to be told. */
import { verdictKey, type VerdictTerms } from '../key/verdict-key.ts';
import type { Image } from '../matrix/image-set.ts';
import { contractVersion } from '../smoke/contract-version.ts';
import { profileOf } from '../smoke/profile.ts';
import type { Tier } from '../smoke/verdict.ts';

/** What a pass of the gate is a pass of; every build asks for it. */
export function contractOf(image: Image): VerdictTerms {
  return termsOf(image, 'gate');
}

/** The same for the deep tier. */
export function deepContractOf(image: Image): VerdictTerms {
  return termsOf(image, 'deep');
}

/** What a pass of this verdict key is a pass of as well: a deep one is one of the gate, for which every build asks. */
export function passedKeys(
  image: Image,
  entry: { readonly key: string; readonly verdictKey: string },
  tier: Tier,
): readonly string[] {
  const gate = tier === 'deep' ? [verdictKey(entry.key, contractOf(image))] : [];
  return [...new Set([entry.verdictKey, ...gate])];
}

function termsOf(image: Image, tier: Tier): VerdictTerms {
  return {
    tier,
    contract: contractVersion,
    profile: profileOf(image.kind),
    resources: image.resources,
    maxSize: image.maxSize,
    check: image.check,
    waivers: image.waivers.map(({ clause }) => clause),
  };
}
