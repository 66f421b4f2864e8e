/** What a hub goes through. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { stopsClause } from '../common/stops.ts';
import { hubStarts } from './h1-starts.ts';
import { hubHealth } from './h2-health.ts';
import { behindProxy } from './h3-behind-proxy.ts';
import { importsWhatChartLoads } from './h5-imports.ts';
import { opensLoginPage } from './h6-login-page.ts';
import { openHub } from './hub-container.ts';

const hubStops = stopsClause({
  id: 'H4',
  severity: 'should',
  why: 'A hub that is killed may leave its database half-written.',
  needs: ['H1'],
});

export const hubScenes: readonly Scene[] = [
  scene('the hub', openHub, [
    hubStarts,
    hubHealth,
    opensLoginPage,
    importsWhatChartLoads,
    behindProxy,
    hubStops,
  ]),
];
