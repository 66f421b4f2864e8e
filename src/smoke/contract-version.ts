/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 12;

export const contractFingerprint = '756d866ea2bccd48f80d212f6d07143cbdfce9122ca63517ac6af8dee7cf8196';
