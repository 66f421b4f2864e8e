/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 14;

export const contractFingerprint = 'b1bc1b28328ac4dba3477b0821ede4d8882e965b220e0ee2f915e3386d82ffc8';
