/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 18;

export const contractFingerprint = '8b7c857a80c3db9004bbcd909d272ac4130fe4cd4c75801caac86e108e2b81d4';
