/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 22;

export const contractFingerprint = 'e941ce09825fa5a51ca0d7391c49261cff90a5269ee5f7a113e6b4a77c63df63';
