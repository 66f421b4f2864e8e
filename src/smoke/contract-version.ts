/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 11;

export const contractFingerprint = '429ca0a70579f25e329694ff30d2257e4aebf5509ec95276874a4d4423b03ffa';
