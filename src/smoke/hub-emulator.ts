/**
 * The hub as one user's server sees it: version, token lookup, activity, and the OAuth flow of a browser's
 * login (RFC 6749 authorization code with state; RFC 7636 PKCE where the client sends a challenge).
 * It writes down every request, so that clauses can read what the server really asked. It spawns nothing,
 * keeps nothing, and takes each browser for the one user, logged in already.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { acceptValue } from './websocket.ts';

/** The JupyterHub whose manners are imitated. */
export const emulatedHubVersion = '5.5.0';

export interface EmulatedUser {
  readonly name: string;
  /** The server's own token, `JUPYTERHUB_API_TOKEN`; the OAuth client's secret as well. */
  readonly serverToken: string;
  /** A token that the user made on the hub's token page. */
  readonly userToken: string;
  /** `jupyterhub-user-NAME`. */
  readonly clientId: string;
  /** `/user/NAME/oauth_callback`. */
  readonly callbackPath: string;
}

/** One request as it came. */
export interface HubRequest {
  /** Milliseconds since the emulator began to listen. */
  readonly atMs: number;
  readonly method: string;
  readonly path: string;
  /** Whose token came with it. `login`: one that a browser's login was given. */
  readonly token: 'none' | 'server' | 'user' | 'login' | 'unknown';
  readonly status: number;
}

interface PendingCode {
  readonly redirectUri: string;
  readonly challenge: { readonly method: 'S256' | 'plain'; readonly value: string } | undefined;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const maxBodyBytes = 64 * 1024;
const maxRequestsKept = 5000;
const apiBase = '/hub/api';

export class HubEmulator implements AsyncDisposable {
  readonly #user: EmulatedUser;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #requests: HubRequest[] = [];
  readonly #codes = new Map<string, PendingCode>();
  readonly #loginTokens = new Set<string>();
  #startedAt = 0;

  private constructor(user: EmulatedUser) {
    this.#user = user;
    this.#server.requestTimeout = 15_000;
    this.#server.headersTimeout = 10_000;
    this.#server.on('upgrade', (request, socket) => shakeHands(request, socket));
  }

  /**
   * Begins to listen on `address`; port 0 takes any.
   * Answers the reason as a sentence where that address or port cannot be had.
   */
  static async listen(
    options: { readonly address: string; readonly port: number; readonly user: EmulatedUser },
    signal: AbortSignal,
  ): Promise<Result<HubEmulator, string>> {
    const emulator = new HubEmulator(options.user);
    return new Promise((resolve) => {
      emulator.#server.once('error', (error) => resolve(err(error.message)));
      emulator.#server.listen({ host: options.address, port: options.port, signal }, () => {
        emulator.#startedAt = performance.now();
        resolve(ok(emulator));
      });
      signal.addEventListener('abort', () => resolve(err('cancelled')), { once: true });
    });
  }

  /** The port that it listens on. */
  get port(): number {
    // A server that listens on TCP has an AddressInfo; a string or null means a pipe or no listener.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every request so far, oldest first, at most 5,000. */
  get requests(): readonly HubRequest[] {
    return this.#requests;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://hub');
    const token = tokenOf(request);
    let reply: Reply;
    try {
      reply = this.#answer(request.method ?? 'GET', url, token, await readBody(request));
    } catch {
      reply = { status: 400, body: { status: 400, message: 'The request cannot be read' } };
    }
    if (this.#requests.length < maxRequestsKept) {
      this.#requests.push({
        atMs: performance.now() - this.#startedAt,
        method: request.method ?? 'GET',
        path: url.pathname,
        token: this.#ownerOf(token),
        status: reply.status,
      });
    }
    response.writeHead(reply.status, {
      'X-JupyterHub-Version': emulatedHubVersion,
      ...(reply.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...reply.headers,
    });
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  }

  #answer(method: string, url: URL, token: string | undefined, body: string): Reply {
    const route = `${method} ${url.pathname.replace(/\/$/, '')}`;
    switch (route) {
      case `GET ${apiBase}`:
        return { status: 200, body: { version: emulatedHubVersion } };
      case `GET ${apiBase}/user`:
        return this.#whoIs(token);
      case `POST ${apiBase}/users/${this.#user.name}/activity`:
        return this.#ownerOf(token) === 'server' ? { status: 200, body: {} } : forbidden;
      case `GET ${apiBase}/oauth2/authorize`:
        return this.#authorize(url.searchParams);
      case `POST ${apiBase}/oauth2/token`:
        return this.#exchangeCode(new URLSearchParams(body));
      default:
        return { status: 404, body: { status: 404, message: 'Not Found' } };
    }
  }

  #ownerOf(token: string | undefined): HubRequest['token'] {
    if (token === undefined) return 'none';
    if (token === this.#user.serverToken) return 'server';
    if (token === this.#user.userToken) return 'user';
    return this.#loginTokens.has(token) ? 'login' : 'unknown';
  }

  #whoIs(token: string | undefined): Reply {
    const owner = this.#ownerOf(token);
    if (owner === 'none' || owner === 'unknown') return forbidden;
    const { name } = this.#user;
    return {
      status: 200,
      body: {
        name,
        admin: false,
        kind: 'user',
        groups: [],
        session_id: null,
        // The server's own token may report activity; it does not open the server's pages.
        scopes:
          owner === 'server'
            ? [`users:activity!user=${name}`, `read:users:name!user=${name}`]
            : [
                `access:servers!server=${name}/`,
                `access:servers!user=${name}`,
                `read:users:name!user=${name}`,
              ],
      },
    };
  }

  #authorize(query: URLSearchParams): Reply {
    const redirectUri = query.get('redirect_uri') ?? '';
    if (query.get('client_id') !== this.#user.clientId)
      return badOAuth('invalid_client', 'unknown client_id');
    if (!isCallback(redirectUri, this.#user.callbackPath)) {
      return badOAuth('invalid_request', 'redirect_uri is not the one registered');
    }
    if (query.get('response_type') !== 'code') {
      return badOAuth('unsupported_response_type', 'response_type has to be code');
    }
    const challenge = query.get('code_challenge');
    const method = query.get('code_challenge_method') ?? 'plain';
    if (challenge !== null && method !== 'S256' && method !== 'plain') {
      return badOAuth('invalid_request', 'unknown code_challenge_method');
    }
    const code = randomBytes(16).toString('base64url');
    this.#codes.set(code, {
      redirectUri,
      challenge:
        challenge === null ? undefined : { method: method === 'S256' ? 'S256' : 'plain', value: challenge },
    });
    const answer = new URLSearchParams({ code });
    const state = query.get('state');
    if (state !== null) answer.set('state', state);
    return { status: 302, headers: { Location: `${redirectUri}?${answer.toString()}` } };
  }

  #exchangeCode(form: URLSearchParams): Reply {
    if (
      form.get('client_id') !== this.#user.clientId ||
      form.get('client_secret') !== this.#user.serverToken
    ) {
      return badOAuth('invalid_client', 'wrong client_id or client_secret', 401);
    }
    const code = form.get('code') ?? '';
    const pending = this.#codes.get(code);
    // A code is good once (RFC 6749, 4.1.2).
    this.#codes.delete(code);
    if (pending === undefined || form.get('grant_type') !== 'authorization_code') {
      return badOAuth('invalid_grant', 'unknown or used code');
    }
    if (form.get('redirect_uri') !== pending.redirectUri) {
      return badOAuth('invalid_grant', 'redirect_uri differs from the one authorized');
    }
    if (!verifies(pending.challenge, form.get('code_verifier'))) {
      return badOAuth('invalid_grant', 'code_verifier does not fit the code_challenge');
    }
    const token = randomBytes(16).toString('hex');
    this.#loginTokens.add(token);
    const { name } = this.#user;
    return {
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      body: {
        access_token: token,
        token_type: 'Bearer',
        expires_in: 3600,
        scope: `access:servers!server=${name}/ access:servers!user=${name}`,
      },
    };
  }
}

const forbidden: Reply = { status: 403, body: { status: 403, message: 'Forbidden' } };

function badOAuth(error: string, description: string, status = 400): Reply {
  return { status, body: { error, error_description: description } };
}

/** A websocket that says nothing: to see whether a proxy hands the handshake on. */
function shakeHands({ headers }: IncomingMessage, socket: Duplex): void {
  const key = headers['sec-websocket-key'] ?? '';
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptValue(key)}\r\n\r\n`,
  );
}

function tokenOf(request: IncomingMessage): string | undefined {
  return /^(?:token|bearer)\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** A callback is registered as a path; a server behind a public URL may send it with scheme and host. */
function isCallback(redirectUri: string, callbackPath: string): boolean {
  if (redirectUri === callbackPath) return true;
  return URL.canParse(redirectUri) && new URL(redirectUri).pathname === callbackPath;
}

function verifies(challenge: PendingCode['challenge'], verifier: string | null): boolean {
  if (challenge === undefined) return true;
  if (verifier === null) return false;
  const derived =
    challenge.method === 'S256' ? createHash('sha256').update(verifier).digest('base64url') : verifier;
  return derived === challenge.value;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
