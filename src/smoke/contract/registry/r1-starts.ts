/** Clause R1: the registry starts. */
import { startsClause } from '../common/start-finding.ts';

export const registryStarts = startsClause(
  'R1',
  "the image's own command",
  'A registry that does not start serves no image.',
);
