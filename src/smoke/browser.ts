/**
 * A browser as far as a login needs one: cookies with paths, redirects, and one public host behind which
 * the hub and the user's server lie, as configurable-http-proxy lays them out. It renders and runs nothing.
 */
import { exchange } from '../hub/http-exchange.ts';
import type { HttpAnswer } from '../hub/http-exchange.ts';

/** Where the public host's paths really lead. */
export interface Route {
  /** `/hub/`, `/user/x/`. */
  readonly prefix: string;
  readonly host: string;
  readonly port: number;
}

export interface Visit {
  /** The last answer, or undefined where the way ended in trouble. */
  readonly answer: HttpAnswer | undefined;
  /** Path of the last request. */
  readonly path: string;
  /** Each request and its answer, a line each. */
  readonly trail: readonly string[];
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** The host that such a browser knows, whatever lies behind it. */
export const publicHost = 'hub.hubwright.test';
const maxRedirects = 12;
const maxPageBytes = 4 * 1024 * 1024;

/** What a browser says when somebody types an address; JupyterHub's XSRF check reads the Sec-Fetch headers. */
const navigationHeaders = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'none',
  'user-agent': 'Mozilla/5.0 (hubwright)',
} as const;

const scriptHeaders = {
  accept: '*/*',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
  'user-agent': navigationHeaders['user-agent'],
} as const;

export class Browser {
  readonly #routes: readonly Route[];
  readonly #cookies = new Map<string, Cookie>();
  /** Other hosts that cookies were meant for; these are dropped. */
  readonly foreignDomains = new Set<string>();

  constructor(routes: readonly Route[]) {
    this.#routes = routes;
  }

  /** Names of the cookies held, in the order received. */
  get cookieNames(): readonly string[] {
    return [...this.#cookies.values()].map((cookie) => cookie.name);
  }

  /** Opens a page and follows redirects, at most 12, never to another host. Trouble is told in the trail. */
  visit(start: string, signal: AbortSignal, timeoutMs = 10_000): Promise<Visit> {
    return this.#follow(start, navigationHeaders, signal, timeoutMs);
  }

  /** What the page's own script asks for, in the same way. */
  fetch(start: string, signal: AbortSignal, timeoutMs = 10_000): Promise<Visit> {
    return this.#follow(start, scriptHeaders, signal, timeoutMs);
  }

  /** The status with which the server says that it has a file, without its contents; undefined in trouble. */
  async statusOf(path: string, signal: AbortSignal): Promise<number | undefined> {
    const route = this.#routes.find((candidate) => path.startsWith(candidate.prefix));
    if (route === undefined) return undefined;
    const { host, port } = route;
    const headers = this.#headersFor(path, scriptHeaders);
    const answered = await exchange({ method: 'HEAD', host, port, path, headers }, signal);
    return answered.ok ? answered.value.status : undefined;
  }

  async #follow(
    start: string,
    manners: Readonly<Record<string, string>>,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<Visit> {
    const trail: string[] = [];
    let path = start;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const route = this.#routes.find((candidate) => path.startsWith(candidate.prefix));
      if (route === undefined) {
        trail.push(`GET ${shorten(path)}: no server lies behind this path`);
        return { answer: undefined, path, trail };
      }
      const answered = await exchange(
        {
          host: route.host,
          port: route.port,
          path,
          headers: this.#headersFor(path, manners),
          timeoutMs,
          maxBytes: maxPageBytes,
        },
        signal,
      );
      if (!answered.ok) {
        trail.push(`GET ${shorten(path)}: ${answered.error.message}`);
        return { answer: undefined, path, trail };
      }
      const answer = answered.value;
      this.#keepCookies(answer, path);
      const location = answer.headers.location;
      if (location === undefined || answer.status < 300 || answer.status > 399) {
        trail.push(`GET ${shorten(path)}: ${answer.status}`);
        return { answer, path, trail };
      }
      trail.push(`GET ${shorten(path)}: ${answer.status} to ${shorten(location)}`);
      const target = URL.canParse(location, `http://${publicHost}${path}`)
        ? new URL(location, `http://${publicHost}${path}`)
        : undefined;
      if (target === undefined || target.host !== publicHost) {
        trail.push(`the redirect leaves the hub's host`);
        return { answer: undefined, path, trail };
      }
      path = target.pathname + target.search;
    }
    trail.push(`more than ${maxRedirects} redirects`);
    return { answer: undefined, path, trail };
  }

  /** What the page's own script would send to open a websocket here. */
  websocketHeaders(path: string): Record<string, string> {
    const cookie = this.#headersFor(path, {})['cookie'];
    return {
      host: publicHost,
      origin: `http://${publicHost}`,
      'sec-fetch-mode': 'websocket',
      'sec-fetch-site': 'same-origin',
      'user-agent': navigationHeaders['user-agent'],
      ...(cookie === undefined ? {} : { cookie }),
    };
  }

  #headersFor(path: string, manners: Readonly<Record<string, string>>): Record<string, string> {
    const cookies = [...this.#cookies.values()].filter((cookie) => pathMatches(path, cookie.path));
    // As RFC 6265, 5.4 orders them: the longer path first.
    cookies.sort((a, b) => b.path.length - a.path.length);
    const headers: Record<string, string> = { ...manners, host: publicHost };
    // A page's script proves by this that it may read the page's cookies.
    const proof = cookies.find(({ name }) => name === '_xsrf')?.value;
    if (manners === scriptHeaders && proof !== undefined) headers['x-xsrftoken'] = proof;
    if (cookies.length > 0) {
      headers['cookie'] = cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ');
    }
    return headers;
  }

  #keepCookies(answer: HttpAnswer, requestPath: string): void {
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const equals = pair.indexOf('=');
      if (equals <= 0) continue;
      const domain = attributeOf(attributes, 'domain');
      if (domain !== undefined && !isOwnDomain(domain)) {
        this.foreignDomains.add(domain);
        continue;
      }
      const name = pair.slice(0, equals);
      const path = attributeOf(attributes, 'path') ?? defaultPath(requestPath);
      const key = `${path}\n${name}`;
      if (isExpired(attributes)) this.#cookies.delete(key);
      else this.#cookies.set(key, { name, value: pair.slice(equals + 1), path });
    }
  }
}

function attributeOf(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((attribute) => attribute.toLowerCase().startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/** A browser drops a cookie that is meant for another host than it comes from (RFC 6265, 5.3). */
function isOwnDomain(domain: string): boolean {
  const wanted = domain.replace(/^\./, '').toLowerCase();
  return wanted === '' || publicHost === wanted || publicHost.endsWith(`.${wanted}`);
}

function isExpired(attributes: readonly string[]): boolean {
  const maxAge = attributeOf(attributes, 'max-age');
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = attributeOf(attributes, 'expires');
  return expires !== undefined && Date.parse(expires) <= Date.now();
}

function defaultPath(requestPath: string): string {
  const path = requestPath.split('?', 1)[0] ?? '/';
  const lastSlash = path.lastIndexOf('/');
  return lastSlash <= 0 ? '/' : path.slice(0, lastSlash);
}

function pathMatches(requestPath: string, cookiePath: string): boolean {
  const path = requestPath.split('?', 1)[0] ?? '/';
  if (path === cookiePath) return true;
  return path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function shorten(path: string): string {
  return path.length <= 120 ? path : `${path.slice(0, 120)}…`;
}
