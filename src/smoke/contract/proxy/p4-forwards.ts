/** Clause P4: a route that the hub sets leads where it should. */
import { ok } from '../../../core/result.ts';
import { exchangeLine } from '../../evidence.ts';
import { exchange } from '../../http-exchange.ts';
import { proxyApiPort } from '../../proxy-emulator.ts';
import type { Clause } from '../clause.ts';
import { proxyPort } from './proxy-container.ts';
import type { ProxyContainer } from './proxy-container.ts';

export const forwards: Clause<ProxyContainer> = {
  id: 'P4',
  title: 'a route leads to its target',
  why: "It is all that a proxy is for: a user's requests arrive at that user's server.",
  met: [],
  severity: 'must',
  tier: 'gate',
  tested: 'A route to an emulated hub is set by the API, and asked for through the public port.',
  remedy: 'The end of the log tells why; a proxy variable in the image may lead the traffic elsewhere.',
  needs: ['P3'],
  async test({ address, token, hubUrl }, signal) {
    const route = { host: address, port: proxyApiPort, path: '/api/routes/hub' };
    const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ target: hubUrl });
    const set = await exchange({ ...route, method: 'POST', headers, body }, signal);
    const through = await exchange({ host: address, port: proxyPort, path: '/hub/api' }, signal);
    const evidence = [
      exchangeLine(`POST :${proxyApiPort}/api/routes/hub`, set),
      exchangeLine(`GET :${proxyPort}/hub/api`, through),
    ];
    const arrived =
      through.ok && through.value.status === 200 && 'x-jupyterhub-version' in through.value.headers;
    if (arrived) return ok({ result: 'pass', evidence });
    const hint = "the route was set and the request did not arrive at its target; the log's end tells why";
    return ok({ result: 'fail', evidence, hint });
  },
};
