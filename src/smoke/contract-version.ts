/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 4;

export const contractFingerprint = 'cb40e55a175c9a68f71b3079eeddaa4f5abb784088004bb2fdc4f256f3aee60e';
