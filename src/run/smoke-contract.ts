/** What a pass of an image is a pass of. The plan lies below the smoke room and has to be told. */
import type { VerdictTerms } from '../key/verdict-key.ts';
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
