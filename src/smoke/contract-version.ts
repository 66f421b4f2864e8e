/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 5;

export const contractFingerprint = '8577cadd9c0fa76a82f192f6f97b64acead85c9d6018394b4e63762b0a7a1780';
