/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 15;

export const contractFingerprint = 'ecbbcfbb755144171ba2abb71c854466a316d2e43b5745b002362d6dcb258cab';
