/** Clause R2: the registry speaks the distribution protocol. */
import { healthClause } from '../common/port-finding.ts';
import { registryHealthPath, registryPort } from './registry-container.ts';

export const registryHealth = healthClause({
  id: 'R2',
  port: registryPort,
  path: registryHealthPath,
  why: 'Every client asks this first (OCI distribution specification, end-1).',
  needs: ['R1'],
});
