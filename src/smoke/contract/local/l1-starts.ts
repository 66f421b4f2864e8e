/** Clause L1: the server starts without a hub. */
import { startsClause } from '../common/start-finding.ts';

export const localStarts = startsClause({
  id: 'L1',
  asked: "the image's own user and command, no hub",
  why: 'Somebody who takes the course along on a laptop has one line to type, and nobody to ask.',
});
