/** Clause P4: a route that the hub sets leads where it should. */
import { ok } from '../../../core/result.ts';
import { exchangeLine, handshakeLine } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import { proxyApiPort } from '../../proxy-emulator.ts';
import { openWebSocket } from '../../websocket.ts';
import type { Clause } from '../clause.ts';
import { proxyPort } from './proxy-container.ts';
import type { ProxyContainer } from './proxy-container.ts';

/** What the hub sets for a user's server. */
const prefix = '/user/hubwright';

/** Tells the route's target from the default one: the proxy puts a target's own path before the request's. */
const mark = '/target';

export const forwards: Clause<ProxyContainer> = {
  id: 'P4',
  title: 'a route leads to its target, and so do its websockets',
  why: "It is all that a proxy is for: a user's requests arrive at that user's server. Kernels and terminals are websockets, and never connect where these are not handed on.",
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "A user's route is set by the API, and asked for through the public port: the request has to arrive at the route's target, not at the default one. A websocket is opened there as well.",
  remedy: 'The end of the log tells why; a proxy variable in the image may lead the traffic elsewhere.',
  needs: ['P3'],
  async test({ address, token, hub, hubUrl }, signal) {
    const api = { host: address, port: proxyApiPort, path: `/api/routes${prefix}` };
    const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ target: `${hubUrl}${mark}` });
    const set = await exchange({ ...api, method: 'POST', headers, body }, signal);
    const through = await exchange({ host: address, port: proxyPort, path: `${prefix}/api` }, signal);
    const heard = hub.requests.map(({ path }) => path).filter((path) => path.includes(prefix));
    const evidence = [
      exchangeLine(`POST :${proxyApiPort}${api.path}`, set),
      exchangeLine(`GET :${proxyPort}${prefix}/api`, through),
      `the target heard: ${heard.slice(0, 3).join(', ') || 'nothing'}`,
    ];
    const arrived = heard.includes(`${mark}${prefix}/api`);
    if (arrived) {
      const channel = { host: address, port: proxyPort, path: `${prefix}/api/kernels/x/channels` };
      const shaken = await openWebSocket(channel, signal);
      evidence.push(`websocket :${proxyPort}${channel.path}: ${handshakeLine(shaken)}`);
      if (shaken.ok && shaken.value.kind === 'open') {
        shaken.value.link[Symbol.dispose]();
        return ok({ result: 'pass', evidence });
      }
      const hint =
        'pages arrive and websockets do not, so that no kernel ever connects: the proxy, or what stands before it in the image, has to hand on `Upgrade` and `Connection`';
      return ok({ result: 'fail', evidence, hint });
    }
    const hint =
      heard.length > 0
        ? 'the route was set, and the request went to the default target all the same: this proxy looks its routes up by something else than the path (`--host-routing`)'
        : "the route was set and the request did not arrive at its target; the log's end tells why";
    return ok({ result: 'fail', evidence, hint });
  },
};
