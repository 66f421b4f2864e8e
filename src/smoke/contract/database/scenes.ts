/** What a database goes through. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { stopsClause } from '../common/stops.ts';
import { databaseStarts } from './d1-starts.ts';
import { answersQuery } from './d2-answers-query.ts';
import { refusesOthers } from './d3-refuses-others.ts';
import { startsAgain } from './d4-starts-again.ts';
import { startsWithoutVolume } from './d6-starts-without-volume.ts';
import { openDatabase } from './database-container.ts';

const databaseStops = stopsClause({
  id: 'D5',
  severity: 'must',
  why: 'A database that is killed has to be repaired at its next start.',
  needs: ['D1'],
});

/** D4 ends the first container, so the end is judged before it. */
export const databaseScenes: readonly Scene[] = [
  scene('a database beside a server', openDatabase, [
    databaseStarts,
    answersQuery,
    refusesOthers,
    databaseStops,
    startsAgain,
    startsWithoutVolume,
  ]),
];
