/** Clause H2: the hub is healthy. */
import { healthClause } from '../common/port-finding.ts';
import { hubHealthPath, hubPort } from './hub-container.ts';

export const hubHealth = healthClause({
  id: 'H2',
  port: hubPort,
  path: hubHealthPath,
  why: "Kubernetes asks for it; without that answer nobody can log in, and the hub's pod is restarted for ever.",
  needs: ['H1'],
});
