/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 6;

export const contractFingerprint = '135c6a6e3b1a62b7ffcf42ccfab32d3ec6ecb493be9f802de4fe2f44bd405c56';
