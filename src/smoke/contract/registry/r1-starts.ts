/** Clause R1: the registry starts. */
import { startsClause } from '../common/start-finding.ts';

export const registryStarts = startsClause({
  id: 'R1',
  asked: "the image's own command",
  why: 'A registry that does not start serves no image.',
});
