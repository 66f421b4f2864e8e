/** Clause S10: a browser that comes in through the hub's login gets the page that a student works in. */
import { ok } from '../../../core/result.ts';
import { Browser, publicHost } from '../../browser.ts';
import { forbidsOwnScripts } from '../../content-policy.ts';
import type { Visit } from '../../browser.ts';
import { excerpt } from '../../evidence.ts';
import { startUpScripts } from '../../start-up-scripts.ts';
import { patient } from '../../../hub/patience.ts';
import type { Pod } from '../../pod.ts';
import type { HubRequest } from '../../hub-emulator.ts';
import type { Clause } from '../clause.ts';

const pageBudgetMs = 30_000;

export const browserLogin: Clause<Pod> = {
  id: 'S10',
  title: "a browser's login by OAuth ends on a working `/lab`",
  why: 'Token access, kernels and terminals can all work while the page in the browser is an error or an endless redirect. Students use the browser.',
  met: [
    'jupyterhub/jupyterhub#709',
    'jupyterhub/jupyterhub#1367',
    'jupyterhub/zero-to-jupyterhub-k8s#2015',
    'CoffeaTeam/coffea-casa#489',
  ],
  severity: 'must',
  tier: 'gate',
  tested:
    "A browser with cookies, of this host's alone, opens `/user/NAME/lab`, is sent through the hub's OAuth login and back; the page that opens (where `/lab` is an error, the one to which `/user/NAME/` leads) has to be one of Jupyter's, with the hub's user in its configuration, and its first script, the parts that this loads, and its settings have to be there, and be allowed by its Content-Security-Policy; its websockets have to lead to where it comes from.",
  remedy:
    "Install JupyterLab and a `jupyterhub` of the hub's major version, and leave JUPYTERHUB_CLIENT_ID, _HOST and _BASE_URL as the hub sets them.",
  needs: ['S6'],
  async test(pod, signal) {
    const seen = pod.hub.requests.length;
    const browser = browserOf(pod);
    const lab = await browser.visit(`${pod.servicePrefix}lab`, signal, patient(pageBudgetMs));
    const requests = pod.hub.requests.slice(seen);
    const visit = await elseStartPage(browser, pod, lab, signal);
    const page = visit.answer;
    const login = loginSteps(requests);
    const works = page?.status === 200 && namesUser(page.body, pod.user.name);
    const evidence = [
      ...visit.trail,
      `the server asked the hub: ${requests.map(({ method, path, status }) => `${method} ${path} ${status}`).join(', ') || 'nothing'}`,
      `the page ${page !== undefined && namesUser(page.body, pod.user.name) ? 'names' : 'does not name'} the hub's user in its configuration`,
    ];
    const [foreign] = browser.foreignDomains;
    if (foreign !== undefined) evidence.push(`dropped: cookies that are meant for ${excerpt(foreign, 80)}`);
    if (works && login.complete) {
      loggedIn.set(pod, browser);
      const policy = String(page.headers['content-security-policy'] ?? '');
      if (forbidsOwnScripts(policy)) {
        evidence.push(`the page's Content-Security-Policy: ${excerpt(policy, 160)}`);
        return ok({ result: 'fail', evidence, hint: policyHint });
      }
      const astray = strayWebsockets(page.body);
      if (astray !== undefined) {
        evidence.push(`the page opens its websockets at ${excerpt(astray, 120)}`);
        return ok({ result: 'fail', evidence, hint: strayHint });
      }
      for (const { address, hint, loads } of needed) {
        const path = address.exec(page.body)?.[1];
        if (path === undefined) continue;
        const fetched = await browser.fetch(path.replaceAll('&amp;', '&'), signal, patient(pageBudgetMs));
        evidence.push(...fetched.trail);
        if (fetched.answer === undefined) return ok({ result: 'fail', evidence, hint: brokenOffHint });
        if (fetched.answer.status !== 200 || isEmpty.test(fetched.answer.body)) {
          return ok({ result: 'fail', evidence, hint });
        }
        const absent = await absentScripts(browser, loads(fetched.answer.body, path), signal);
        if (absent.length === 0) continue;
        evidence.push(...absent.slice(0, 3), `${absent.length} of the scripts that it loads are not there`);
        return ok({ result: 'fail', evidence, hint });
      }
      return ok({ result: 'pass', evidence });
    }
    if (page?.status === 200) evidence.push(`the page says: ${excerpt(textOf(page.body), 160) || 'nothing'}`);
    const hint = foreign === undefined ? likelyCause(visit, login, works) : foreignCookiesHint;
    return ok({ result: 'fail', evidence, hint });
  },
};

/**
 * Where `/lab` is an error (404, or 500 of a Notebook 7 whose JupyterLab is switched off), the page to which the server
 * itself leads whoever comes from the hub, if that is one to work in (`/tree`); else the first visit.
 */
async function elseStartPage(
  browser: Browser,
  { servicePrefix, user }: Pod,
  lab: Visit,
  signal: AbortSignal,
): Promise<Visit> {
  if (lab.answer === undefined || lab.answer.status < 400) return lab;
  const front = await browser.visit(servicePrefix, signal, patient(pageBudgetMs));
  const works = front.answer?.status === 200 && namesUser(front.answer.body, user.name);
  return works ? { ...front, trail: [...lab.trail, ...front.trail] } : lab;
}

/** Browsers that have come in, for those who go on from there. */
const loggedIn = new WeakMap<Pod, Browser>();

/** The browser that S10 saw come in through the hub; a new one where it was not asked, or saw none. */
export async function loggedInBrowser(pod: Pod, signal: AbortSignal): Promise<Browser | undefined> {
  const known = loggedIn.get(pod);
  if (known !== undefined) return known;
  const browser = browserOf(pod);
  const visit = await browser.visit(`${pod.servicePrefix}lab`, signal);
  return visit.answer?.status === 200 ? browser : undefined;
}

/** A browser that comes in through the hub. */
function browserOf({ hubAddress, servicePrefix, address, port }: Pod): Browser {
  return new Browser([
    { prefix: '/hub/', ...hubAddress },
    { prefix: servicePrefix, host: address, port },
  ]);
}

const policyHint =
  "the page opens and stays blank: its Content-Security-Policy forbids the browser to run the page's own scripts, or to ask its own server. Look for `Content-Security-Policy` in `tornado_settings` of the image's Jupyter configuration, and let it set `frame-ancestors` alone";

const foreignCookiesHint =
  "the server's cookies are meant for another host, so that browsers drop them and nobody's login lasts: take `domain` out of JUPYTERHUB_COOKIE_OPTIONS in the image, and of `cookie_options` in its configuration";

/** Where the page looks for kernels and terminals, if that is another host than it comes from. */
function strayWebsockets(page: string): string | undefined {
  const address = /"wsUrl":\s*"(wss?:[^"]+)"/.exec(page)?.[1];
  if (address === undefined || !URL.canParse(address)) return address;
  return new URL(address).host === publicHost ? undefined : address;
}

const strayHint =
  "the page opens and no kernel ever connects to it: `websocket_url` in the image's configuration sends every browser to another address; take it out, and the page asks where it comes from";

const brokenOffHint =
  "the page opens and stays blank: the server breaks off, or never ends, its answer to what the page fetches. Look for limits in the image's Jupyter configuration (`max_buffer_size`, handlers and hooks of its own); the log's end tells more";

/** A line for each that the server knows nothing of. Trouble of another kind would have shown before. */
async function absentScripts(
  browser: Browser,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const answers = await Promise.all(
    paths.map(async (path) => ({ path, status: await browser.statusOf(path, signal) })),
  );
  const absent = answers.filter(({ status }) => status === 404 || status === 403);
  return absent.map(({ path, status }) => `HEAD ${excerpt(path, 120)}: ${status}`);
}

/** The settings of a JupyterLab whose schemas are gone: it opens without menus and toolbars. */
const isEmpty = /^\s*\{"settings":\s*\[\]\}\s*$/;

/** What the page fetches before it shows anything; not asked for where it names none of the server's own. */
const needed = [
  {
    address: /<script[^>]*\ssrc="(\/[^"]+)"/,
    loads: startUpScripts,
    hint: "the page opens and stays blank: the scripts that it names are not there. JupyterLab's `static` folder is incomplete; install it anew",
  },
  {
    address: /"fullSettingsUrl":\s*"(\/[^"]+)"/,
    loads: () => [],
    hint: "the page opens and its menus and toolbars do not: JupyterLab's settings cannot be had. `schemas` in {prefix}/share/jupyter/lab is missing or incomplete; install JupyterLab anew",
  },
] as const;

interface LoginSteps {
  readonly authorized: boolean;
  readonly tokenGiven: boolean;
  readonly complete: boolean;
}

function loginSteps(requests: readonly HubRequest[]): LoginSteps {
  const did = (path: string, status: number, token?: HubRequest['token']): boolean =>
    requests.some(
      (request) =>
        request.path === path &&
        request.status === status &&
        (token === undefined || request.token === token),
    );
  const authorized = did('/hub/api/oauth2/authorize', 302);
  const tokenGiven = did('/hub/api/oauth2/token', 200);
  return { authorized, tokenGiven, complete: authorized && tokenGiven && did('/hub/api/user', 200, 'login') };
}

/** What a page shows, as far as that can be told without running it. */
function textOf(page: string): string {
  return page.replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ');
}

/** JupyterLab's page carries its configuration as JSON; an error page carries none. */
function namesUser(page: string, name: string): boolean {
  return new RegExp(`"hubUser":\\s*"${name}"`).test(page);
}

function likelyCause(visit: Visit, login: LoginSteps, works: boolean): string {
  const status = visit.answer?.status;
  if (works) return 'the page opens without a login at the hub: anybody can open it';
  if (status === undefined && !login.authorized && visit.trail.length === 1) {
    return '`/lab` itself does not answer, though the API does: a server extension or a handler of the page hangs or breaks off; the log tells which';
  }
  if (status === 404 && (login.tokenGiven || !login.authorized))
    return 'there is no `/lab`: JupyterLab is not installed, or its server extension is not enabled, or not for uid 1000 (jupyter_server_config.d)';
  if (!login.authorized && status !== undefined && status >= 500) {
    return `\`/lab\` fails with ${status} before anybody is asked to log in: a server extension, a template or a handler of the page raises an error, which the log tells`;
  }
  if (!login.authorized) {
    return "the server never sends the browser to the hub's login, or with another client than the hub knows: JUPYTERHUB_CLIENT_ID, _HOST or _BASE_URL are changed inside the image";
  }
  if (!login.tokenGiven) {
    return 'the login breaks off after the hub agreed: the server does not come back with the code, or with another callback or secret than the hub gave';
  }
  if (status === undefined) return 'the login never comes to an end; the trail shows where it turns';
  if (status === 200)
    return "the page that opens is not JupyterLab's, and carries no configuration: what it says is above. Most often JupyterLab's own files ({prefix}/share/jupyter/lab) are missing, uid 1000 may not read them, or JUPYTERLAB_DIR leads elsewhere";
  return `the login works and the page fails with ${status}; the log's end tells why`;
}
