/**
 * A running hub as a program with a token sees it: JupyterHub's REST API beneath the URL that users know. It judges
 * nothing; answers are looked at field by field, because they are another program's.
 */
import { jsonIn } from '../../registry/parse-json.ts';
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { exchange } from './http-exchange.ts';
import type { HttpAnswer, HttpTrouble } from './http-exchange.ts';
import { field, jsonOf, textField, tokenHeader } from './jupyter-api.ts';
import type { ServerAddress } from './jupyter-api.ts';

export interface HubAddress {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Where the hub's pages begin, with a slash at both ends: `/`, `/jupyter/`. */
  readonly basePath: string;
  readonly token: string;
}

/** What the hub says of a user's default server. */
export type ServerState =
  | { readonly kind: 'none' }
  | { readonly kind: 'pending'; readonly what: string }
  | { readonly kind: 'ready'; readonly server: ServerAddress };

/** `https://hub.example.org/jupyter`, with or without `/hub` at its end; undefined where it is no such URL. */
export function parseHubUrl(text: string, token: string): HubAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  const secure = url.protocol === 'https:';
  const path = url.pathname.replace(/\/+$/, '').replace(/\/hub(?:\/home|\/login)?$/, '');
  return {
    secure,
    // Brackets of an IPv6 address belong to the URL alone.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    basePath: `${path}/`,
    token,
  };
}

/** Asks for `api` beneath `/hub/api/`. */
export function askHub(
  hub: HubAddress,
  question: {
    readonly method: 'GET' | 'POST' | 'DELETE';
    readonly api: string;
    readonly timeoutMs?: number;
    /** What is read of the answer. */
    readonly maxBytes?: number;
    /** Form of the answer; the hub knows its own for lists in pages. */
    readonly accept?: string;
  },
  signal: AbortSignal,
): Promise<Result<HttpAnswer, HttpTrouble>> {
  const { method, api, timeoutMs, maxBytes, accept = 'application/json' } = question;
  const { secure, host, port, basePath } = hub;
  return exchange(
    {
      method,
      secure,
      host,
      port,
      path: `${basePath}hub/api/${api}`,
      headers: { ...tokenHeader(hub), accept },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
    },
    signal,
  );
}

/** The state of the user's default server, from an answer to `GET users/NAME`. */
export function serverStateOf(hub: HubAddress, answer: HttpAnswer): ServerState {
  const server = field(field(jsonOf(answer), 'servers'), '');
  const url = textField(server, 'url');
  if (server === undefined || url === undefined) return { kind: 'none' };
  const { secure, host, port, token } = hub;
  if (field(server, 'ready') === true) {
    return { kind: 'ready', server: { secure, host, port, servicePrefix: url, token } };
  }
  return { kind: 'pending', what: textField(server, 'pending') ?? 'neither ready nor pending' };
}

/** Follows a start until the hub says how it ended; answers what the hub told last. */
export async function followProgress(
  hub: HubAddress,
  user: string,
  budgetMs: number,
  signal: AbortSignal,
): Promise<Result<{ readonly failed: boolean; readonly message: string }, HttpTrouble>> {
  const api = `users/${encodeURIComponent(user)}/server/progress`;
  const told = await askHub(hub, { method: 'GET', api, timeoutMs: budgetMs }, signal);
  if (!told.ok) return told;
  // A stream of server-sent events; each is a line `data: {…}`.
  const last = told.value.body
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => jsonIn(line.slice('data:'.length)))
    .at(-1);
  return ok({ failed: field(last, 'failed') === true, message: textField(last, 'message') ?? '' });
}
