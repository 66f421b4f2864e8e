/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 23;

export const contractFingerprint = '18e6c58997e42e3dc3349ce74a8a70b27eef52a1e64453b0a16e69ac94dbd837';
