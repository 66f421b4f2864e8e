/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 8;

export const contractFingerprint = '935eebfe9a588baf3e6c5c8092855b7ba50f98e6793ce19f1e883111d6458b7f';
