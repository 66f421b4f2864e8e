/** Clause H1: the hub starts as z2jh starts it. */
import { startsClause } from '../common/start-finding.ts';
import { hubArguments } from './hub-container.ts';

export const hubStarts = startsClause({
  id: 'H1',
  asked: `uid 1000 without capabilities, \`${hubArguments.join(' ')}\``,
  why: 'z2jh starts the hub in this way and in no other.',
});
