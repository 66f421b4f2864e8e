/** The version of the contract, and what it was made for. Written by `npm run contract`; kept apart from the clauses, so that a plan does not load them. */

/** Goes up whenever a clause is added, taken away or judged otherwise: an older pass is then a pass of something else. */
export const contractVersion = 24;

export const contractFingerprint = '5381e6de4ca8423f32aa4186c56c04e42a8dcb28020d546a9eedf2fdcc354eb8';
