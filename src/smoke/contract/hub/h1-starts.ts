/** Clause H1: the hub starts as z2jh starts it. */
import { startsClause } from '../common/start-finding.ts';
import { hubArguments } from './hub-container.ts';

export const hubStarts = startsClause(
  'H1',
  `uid 1000 without capabilities, \`${hubArguments.join(' ')}\``,
  'z2jh starts the hub in this way and in no other.',
);
