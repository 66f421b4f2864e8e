/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 10;

export const contractFingerprint = '71e4e425c471f314338811f6644b409f888b8072cdb1a55388df20c217785825';
