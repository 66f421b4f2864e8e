/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 16;

export const contractFingerprint = 'a41c2a318e2ec31b7c0837a56d28325eeadf3647197ed1d5643f6aa8b149c92b';
