/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 21;

export const contractFingerprint = '24269888a496822ea3ff7959bf923b1503e164ba4865cce084a8ed75b4436673';
