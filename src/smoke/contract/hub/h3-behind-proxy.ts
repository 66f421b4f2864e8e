/** Clause H3: the hub announces itself to the family's proxy, and is reached through it. */
import { ok } from '../../../core/result.ts';
import { exchangeLine } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import { pause } from '../../pause.ts';
import type { Clause } from '../clause.ts';
import { proxyPort } from '../proxy/proxy-container.ts';
import { hubHealthPath } from './hub-container.ts';
import type { HubContainer } from './hub-container.ts';

/** The hub adds its route right after it has begun to listen. */
const routeBudgetMs = 10_000;

export const behindProxy: Clause<HubContainer> = {
  id: 'H3',
  title: "is reached through the family's proxy",
  why: 'Every user comes in through the proxy: a hub that cannot set its routes is alive and unreachable.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "The hub is started beside the family's proxy; its health page has to answer through the proxy within 10 s.",
  remedy:
    "Look at `hub_connect_url`, `ConfigurableHTTPProxy.api_url` and CONFIGPROXY_AUTH_TOKEN in the image's configuration.",
  needs: ['H2'],
  async test({ proxyAddress }, signal) {
    if (proxyAddress === undefined) {
      return ok({ result: 'not-applicable', evidence: ['no proxy of the family was given'] });
    }
    const started = performance.now();
    const ask = () => exchange({ host: proxyAddress, port: proxyPort, path: hubHealthPath }, signal);
    let answered = await ask();
    while (!(answered.ok && answered.value.status === 200) && performance.now() - started < routeBudgetMs) {
      if (!(await pause(200, signal))) break;
      answered = await ask();
    }
    const evidence = [exchangeLine(`GET proxy:${proxyPort}${hubHealthPath}`, answered)];
    if (answered.ok && answered.value.status === 200) return ok({ result: 'pass', evidence });
    const hint =
      "the hub set no route that leads back to it: look at `hub_connect_url`, `ConfigurableHTTPProxy.api_url` and CONFIGPROXY_AUTH_TOKEN in the image's configuration";
    return ok({ result: 'fail', evidence, hint });
  },
};
