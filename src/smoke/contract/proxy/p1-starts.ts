/** Clause P1: the proxy starts as z2jh starts it. */
import { startsClause } from '../common/start-finding.ts';

export const proxyStarts = startsClause({
  id: 'P1',
  asked: 'uid 65534 without capabilities, `configurable-http-proxy` in the place of the ENTRYPOINT',
  why: 'z2jh names this command itself and runs it as nobody: an image without it on PATH, or one that needs a user of its own, starts nothing.',
});
