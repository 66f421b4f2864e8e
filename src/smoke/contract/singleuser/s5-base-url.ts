/** Clause S5: the server lives under the user's prefix, and nowhere else. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import { exchangeLine, excerpt } from '../../evidence.ts';
import { exchange } from '../../../hub/http-exchange.ts';
import type { HttpAnswer, HttpTrouble } from '../../../hub/http-exchange.ts';
import { askServer, jsonOf, textField } from '../../../hub/jupyter-api.ts';
import { serverOf } from '../../pod.ts';
import type { Pod } from '../../pod.ts';
import type { Clause } from '../clause.ts';

/** A page that takes longer is there all the same; whether it can be used is S10's matter. */
const pageMs = 10_000;

export const baseUrl: Clause<Pod> = {
  id: 'S5',
  title:
    'lives under JUPYTERHUB_SERVICE_PREFIX: `/user/NAME/` leads to a page beneath it, and `/api` is not there',
  why: "The hub's proxy hands on `/user/NAME/…` as it is. A server that lives elsewhere answers each of these requests with 404, and the student sees that page.",
  met: ['jupyterhub/zero-to-jupyterhub-k8s#2015'],
  severity: 'must',
  tier: 'gate',
  tested:
    "`/api` without the prefix must not be the server; `/user/NAME/` with a token must lead beneath the prefix, to a page that is there. Whether `/lab` works is S10's matter.",
  remedy:
    'Do not set `base_url` or `default_url` on the command line, nor JUPYTERHUB_SERVICE_PREFIX in the image.',
  needs: ['S4'],
  async test(pod, signal) {
    const { address: host, servicePrefix } = pod;
    if (pod.outcome.kind !== 'ready') return ok({ result: 'not-run', evidence: ['it never answered'] });
    const bare = await exchange({ host, port: pod.port, path: '/api' }, signal);
    const api = await askServer(serverOf(pod), { method: 'GET', api: 'api' }, signal);
    const front = await askServer(serverOf(pod), { method: 'GET', api: '' }, signal);
    const evidence = [
      exchangeLine('GET /api', bare),
      exchangeLine(`GET ${servicePrefix}api`, api),
      frontLine(servicePrefix, front),
    ];
    if (isHubServerElsewhere(api)) {
      const place = prefixNamed(api.value.body);
      const found =
        place === undefined || place === servicePrefix ? [] : [`its page names ${excerpt(place, 80)}`];
      return ok({ result: 'fail', evidence: [...evidence, ...found], hint: otherPrefixHint });
    }
    if (!isJupyter(bare) && !isJupyter(api)) {
      return ok({ result: 'not-run', evidence: [...evidence, 'what answers is no Jupyter server'] });
    }
    if (isJupyter(bare)) {
      const hint = `the server lives at \`/\` instead of \`${servicePrefix}\`: \`base_url\` is set on the command line, JUPYTERHUB_SERVICE_PREFIX is changed in the entry point, or a plain Jupyter server runs`;
      return ok({ result: 'fail', evidence, hint });
    }
    const page = pageBehind(servicePrefix, front);
    if (page === servicePrefix) return ok({ result: 'pass', evidence });
    if (page !== undefined) {
      const landed = await askServer(
        serverOf(pod),
        { method: 'GET', api: page.slice(servicePrefix.length), timeoutMs: pageMs },
        signal,
      );
      evidence.push(exchangeLine(`GET ${page}`, landed));
      if (!landed.ok || landed.value.status < 400) return ok({ result: 'pass', evidence });
      if (landed.value.status >= 500) {
        // S10 asks for that very page.
        if (/\/lab\/?(\?|$)/.test(page)) return ok({ result: 'pass', evidence });
        return ok({ result: 'fail', evidence, hint: failingPageHint });
      }
    }
    const hint = `\`${servicePrefix}\` leads nowhere: \`default_url\` names a page that does not exist or lies outside the prefix, or JupyterLab is missing`;
    return ok({ result: 'fail', evidence, hint });
  },
};

const failingPageHint =
  'the page on which everybody begins fails by itself: a server extension or a handler raises an error, which the log tells; or let `default_url` name another page';

const otherPrefixHint =
  "the hub's own server answers, and lives under another prefix: `base_url` is set on the command line, or JUPYTERHUB_SERVICE_PREFIX is changed in the entry point";

/** Whether this is jupyterhub-singleuser by its own words, which has nothing at this address. */
export function isHubServerElsewhere(
  answered: Result<HttpAnswer, HttpTrouble>,
): answered is { readonly ok: true; readonly value: HttpAnswer } {
  return (
    answered.ok &&
    answered.value.status === 404 &&
    answered.value.headers['x-jupyterhub-version'] !== undefined
  );
}

/** Where a page of Jupyter's, its error page too, says that its files are. */
function prefixNamed(page: string): string | undefined {
  return /href="(\/[^"?]*?)static\//.exec(page)?.[1];
}

function isJupyter(answered: Result<HttpAnswer, HttpTrouble>): boolean {
  return (
    answered.ok && answered.value.status === 200 && textField(jsonOf(answered.value), 'version') !== undefined
  );
}

function frontLine(prefix: string, front: Result<HttpAnswer, HttpTrouble>): string {
  const location = front.ok ? front.value.headers.location : undefined;
  if (!front.ok || location === undefined) return exchangeLine(`GET ${prefix}`, front);
  return `GET ${prefix}: ${front.value.status} to ${excerpt(location, 120)}`;
}

/** Where the front leads to beneath the prefix: to itself, or by a redirect; undefined where it leads nowhere. */
function pageBehind(prefix: string, front: Result<HttpAnswer, HttpTrouble>): string | undefined {
  if (!front.ok) return undefined;
  const { status, headers } = front.value;
  if (status === 200) return prefix;
  if (status < 300 || status > 399 || headers.location === undefined) return undefined;
  if (!URL.canParse(headers.location, `http://server${prefix}`)) return undefined;
  const { pathname, search } = new URL(headers.location, `http://server${prefix}`);
  return pathname.startsWith(prefix) ? pathname + search : undefined;
}
