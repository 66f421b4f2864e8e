/** Clause P2: the proxy is healthy. */
import { healthClause } from '../common/port-finding.ts';
import { proxyHealthPath, proxyPort } from './proxy-container.ts';

export const proxyHealth = healthClause({
  id: 'P2',
  port: proxyPort,
  path: proxyHealthPath,
  why: 'Kubernetes asks for it, and every user comes in through this port.',
  needs: ['P1'],
});
