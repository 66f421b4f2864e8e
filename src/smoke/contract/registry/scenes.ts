/** What a registry goes through. */
import { scene } from '../clause.ts';
import type { Scene } from '../clause.ts';
import { stopsClause } from '../common/stops.ts';
import { registryStarts } from './r1-starts.ts';
import { registryHealth } from './r2-health.ts';
import { openRegistry } from './registry-container.ts';

const registryStops = stopsClause({
  id: 'R3',
  severity: 'should',
  why: 'A registry that is killed breaks off the pushes under way.',
  needs: ['R1'],
});

export const registryScenes: readonly Scene[] = [
  scene('a registry', openRegistry, [registryStarts, registryHealth, registryStops]),
];
