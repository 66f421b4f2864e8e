/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 17;

export const contractFingerprint = '9719de6e53f0ff3d96c186a3cad3cc5ddece65d8855a59410cd31e54f04e9456';
