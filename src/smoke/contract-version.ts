/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 7;

export const contractFingerprint = 'db12d0d47f5881fef61f5ad15ebeeff9ebfb151c76adb24780949b2258f448c6';
