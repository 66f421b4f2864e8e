/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 13;

export const contractFingerprint = '61ebb63a510d1c51264c60a2d08aa0c409e702401a63489089a9026fe7eded4f';
