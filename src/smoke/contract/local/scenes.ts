/** What a notebook server without a hub goes through. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { stopsClause } from '../common/stops.ts';
import { localStarts } from './l1-starts.ts';
import { localAnswers } from './l2-answers.ts';
import { asksForToken } from './l3-asks-for-token.ts';
import { localKernel } from './l4-runs-kernel.ts';
import { hasDatasets } from './l5-datasets.ts';
import { openLocalServer } from './local-server.ts';

const localStops = stopsClause({
  id: 'L6',
  severity: 'must',
  why: 'A container that does not heed `docker stop` is killed, and what a kernel was writing is lost.',
  needs: ['L1'],
});

export const localScenes: readonly Scene[] = [
  scene('a server without a hub', openLocalServer, [
    localStarts,
    localAnswers,
    asksForToken,
    localKernel,
    hasDatasets,
    localStops,
  ]),
];
