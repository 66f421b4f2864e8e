/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 9;

export const contractFingerprint = '934af6b293cada6cf98e9822d20f3776ad4b3cc0011b75450faef7d013926f83';
