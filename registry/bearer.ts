/**
 * Tokens for registries that want `Bearer`: asked of the token server that the registry names, kept for each
 * set of scopes, and renewed before they end. When to ask and for what is session.ts.
 * Follows distribution's token specification and its OAuth2 variant for identity tokens.
 */
import { basicAuthorization } from './basic.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { cancelled, errorOfAnswer, failed, invalidAnswer, type Failed } from './error.ts';
import { parseJson } from './parse-json.ts';
import { tokenSchema } from './schema.ts';
import { SingleFlight } from './single-flight.ts';
import type { HttpRequest, Send } from './transport.ts';

type BearerChallenge = Extract<Challenge, { kind: 'bearer' }>;

export interface Token {
  readonly kind: 'token';
  readonly value: string;
  readonly renewAtMs: number;
}

export interface TokenRequest {
  /** The registry, as in references. */
  readonly host: string;
  readonly challenge: BearerChallenge;
  readonly scopes: readonly string[];
  /** Asked only when a token is really fetched. */
  readonly credentials: () => Promise<Credentials | undefined>;
  /** A token that the registry just refused: never answered again. */
  readonly refused?: string;
}

// The specification's least and default lifetime, for servers that say less or nothing.
const LEAST_LIFETIME_S = 60;
const MAX_TOKEN_BYTES = 256 * 1024;
const CLIENT_ID = 'oci-distribution-client';

/** Fetches and keeps tokens. `isPlainHttp` tells for which hosts a token server without TLS is acceptable. */
export class TokenStore {
  readonly #send: Send;
  readonly #now: () => number;
  readonly #isPlainHttp: (host: string) => boolean;
  readonly #tokens = new Map<string, Token>();
  readonly #flights = new SingleFlight<Token | Failed>();

  constructor(options: { send: Send; now: () => number; isPlainHttp: (host: string) => boolean }) {
    this.#send = options.send;
    this.#now = options.now;
    this.#isPlainHttp = options.isPlainHttp;
  }

  async get(request: TokenRequest, signal: AbortSignal): Promise<Token | Failed> {
    const { realm, service } = request.challenge;
    const key = JSON.stringify([request.host, realm, service, request.scopes.toSorted()]);
    const kept = this.#tokens.get(key);
    if (kept !== undefined && kept.value !== request.refused && this.#now() < kept.renewAtMs) return kept;
    const fetchOnce = async (shared: AbortSignal): Promise<Token | Failed> => {
      const token = await this.#fetch(request, shared);
      if (token.kind === 'token') this.#tokens.set(key, token);
      return token;
    };
    return this.#flights.run(key, fetchOnce, () => cancelled(request.host), signal);
  }

  async #fetch(request: TokenRequest, signal: AbortSignal): Promise<Token | Failed> {
    const realm = URL.parse(request.challenge.realm);
    const trouble = this.#realmTrouble(request.host, realm);
    if (realm === null || trouble !== undefined)
      return invalidAnswer(request.host, trouble ?? 'no token server');
    const credentials = await request.credentials();
    const askedAtMs = this.#now();
    const answer = await this.#send(tokenCall(request, realm, credentials), signal);
    if (answer.kind === 'failed') return answer;
    if (answer.status === 401 && credentials === undefined) {
      const message = `${request.host}: no login is known, and its token server ${realm.host} wants one`;
      return failed({ kind: 'unauthorized', status: 401, host: request.host, message });
    }
    if (answer.status !== 200) {
      return errorOfAnswer(request.host, `getting a token from ${realm.host}`, answer, this.#now());
    }
    const body = parseJson(tokenSchema, answer.body);
    const value = body?.token || body?.access_token;
    // What cannot stand in a header is no token.
    if (value === undefined || !/^[\x21-\x7e]+$/.test(value)) {
      return invalidAnswer(request.host, `the token server ${realm.host} sent no token`);
    }
    const lifetimeS = Math.max(LEAST_LIFETIME_S, body?.expires_in ?? LEAST_LIFETIME_S);
    // A quarter of the lifetime is left for the request that the token is for, and for clocks that differ.
    return { kind: 'token', value, renewAtMs: askedAtMs + lifetimeS * 750 };
  }

  #realmTrouble(host: string, realm: URL | null): string | undefined {
    if (realm === null) return 'it names a token server that is no URL';
    if (realm.username !== '' || realm.password !== '')
      return 'it names a token server with a login in its URL';
    if (realm.protocol === 'https:') return undefined;
    const sameMachine = URL.parse(`http://${host}`)?.hostname === realm.hostname && this.#isPlainHttp(host);
    if (realm.protocol === 'http:' && (sameMachine || this.#isPlainHttp(realm.host))) return undefined;
    return `it names a token server without HTTPS (${realm.protocol}//${realm.host})`;
  }
}

function tokenCall(request: TokenRequest, realm: URL, credentials: Credentials | undefined): HttpRequest {
  const { service } = request.challenge;
  const common = { host: request.host, maxBytes: MAX_TOKEN_BYTES };
  if (credentials?.identityToken !== undefined) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: CLIENT_ID,
      refresh_token: credentials.identityToken,
      ...(service === undefined ? {} : { service }),
      ...(request.scopes.length === 0 ? {} : { scope: request.scopes.join(' ') }),
    });
    return {
      ...common,
      method: 'POST',
      isRepeatable: true,
      url: realm,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
    };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of request.scopes) url.searchParams.append('scope', scope);
  if (credentials === undefined)
    return { ...common, method: 'GET', url, headers: { accept: 'application/json' } };
  url.searchParams.set('account', credentials.username);
  const authorization = basicAuthorization(credentials);
  return { ...common, method: 'GET', url, headers: { accept: 'application/json', authorization } };
}
