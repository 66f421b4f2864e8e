/** Clause P3: only who knows the token may set routes. */
import { ok } from '../../../core/result.ts';
import { exchangeLine } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import { proxyApiPort } from '../../proxy-emulator.ts';
import type { Clause } from '../clause.ts';
import type { ProxyContainer } from './proxy-container.ts';

export const guardsApi: Clause<ProxyContainer> = {
  id: 'P3',
  title: `the API on port ${proxyApiPort} lists routes with the token, and refuses without`,
  why: "Whoever may set routes can lead every user's traffic to himself.",
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "`GET /api/routes` on the API's port without a token has to be refused with 403, and with CONFIGPROXY_AUTH_TOKEN to answer 200.",
  remedy: 'Use configurable-http-proxy as it comes: it heeds CONFIGPROXY_AUTH_TOKEN and `--api-ip`.',
  needs: ['P2'],
  async test({ address, token }, signal) {
    const path = '/api/routes';
    const ask = (headers: Record<string, string>) =>
      exchange({ host: address, port: proxyApiPort, path, headers }, signal);
    const without = await ask({});
    const withToken = await ask({ authorization: `token ${token}` });
    const evidence = [
      exchangeLine(`GET :${proxyApiPort}${path} without a token`, without),
      exchangeLine(`GET :${proxyApiPort}${path} with CONFIGPROXY_AUTH_TOKEN`, withToken),
    ];
    const refuses = without.ok && without.value.status === 403;
    const lists = withToken.ok && withToken.value.status === 200;
    if (refuses && lists) return ok({ result: 'pass', evidence });
    const hint =
      without.ok && without.value.status === 200
        ? 'the API is open to everybody: CONFIGPROXY_AUTH_TOKEN is not heeded'
        : 'the API does not answer as configurable-http-proxy does; look at `--api-ip` and `--api-port`';
    return ok({ result: 'fail', evidence, hint });
  },
};
