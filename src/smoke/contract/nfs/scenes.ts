/** What an NFS server goes through. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { stopsClause } from '../common/stops.ts';
import { nfsStarts } from './n1-starts.ts';
import { answersNfs } from './n2-answers.ts';
import { takesEverybodyForOne } from './n3-takes-everybody-for-one.ts';
import { keepsApart } from './n4-keeps-apart.ts';
import { nfsStartsAgain } from './n5-starts-again.ts';
import { openNfsServer } from './nfs-server.ts';

const nfsStops = stopsClause({
  id: 'N6',
  severity: 'must',
  why: 'A server that is killed may leave half of a file, and its clients hanging.',
  needs: ['N1'],
});

/** N5 ends the first container and starts a second one. */
export const nfsScenes: readonly Scene[] = [
  scene('an exchange over NFS', openNfsServer, [
    nfsStarts,
    answersNfs,
    takesEverybodyForOne,
    keepsApart,
    nfsStartsAgain,
    nfsStops,
  ]),
];
