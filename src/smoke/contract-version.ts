/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 20;

export const contractFingerprint = '1b197265cf6d638baa0717dfb42a7a2e77a2106f2629643604e21d49b428c1c4';
