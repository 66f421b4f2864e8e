/** What a proxy goes through. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { stopsClause } from '../common/stops.ts';
import { proxyStarts } from './p1-starts.ts';
import { proxyHealth } from './p2-health.ts';
import { guardsApi } from './p3-guards-api.ts';
import { forwards } from './p4-forwards.ts';
import { openProxy } from './proxy-container.ts';

const proxyStops = stopsClause({
  id: 'P5',
  severity: 'should',
  why: 'A proxy that is killed cuts every open connection at once.',
  needs: ['P1'],
});

export const proxyScenes: readonly Scene[] = [
  scene('the proxy', openProxy, [proxyStarts, proxyHealth, guardsApi, forwards, proxyStops]),
];
