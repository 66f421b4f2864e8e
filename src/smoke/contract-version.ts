/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 14;

export const contractFingerprint = 'bd9aa8c3789878bf029ce3f03455e11bd4066b3260b75c006be4ccbd923cf8c7';
