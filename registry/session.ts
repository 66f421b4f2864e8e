/**
 * Requests to registries with the login that each wants: learns it by a ping once per host, adds the header,
 * and answers one further challenge when a login or token is refused.
 * Composes ping.ts, bearer.ts and basic.ts; knows no endpoint but the path that it is given.
 */
import { basicAuthorization } from './basic.ts';
import { TokenStore } from './bearer.ts';
import { readChallenge, type Challenge } from './challenge.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { cancelled, failed, invalidAnswer, type Failed } from './error.ts';
import { pingRegistry } from './ping.ts';
import { SingleFlight } from './single-flight.ts';
import { baseUrl, isPlainHttp, type Answer, type HttpRequest, type Send } from './transport.ts';

export interface RegistryRequest {
  readonly method: HttpRequest['method'];
  readonly registry: string;
  readonly repository: string;
  /** What the login has to allow. */
  readonly actions: 'pull' | 'pull,push' | 'pull,push,delete';
  /** A second repository of the same registry that is read from, as a mounted blob is. */
  readonly source?: string;
  /** Path and query, beginning with `/v2/`; or a whole URL that a registry's answer named, of the same origin. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly maxBytes: number;
}

export type Exchange = (request: RegistryRequest, signal: AbortSignal) => Promise<Answer | Failed>;

export interface SessionOptions {
  readonly send: Send;
  readonly credentials: CredentialSource;
  readonly insecure: readonly string[];
  readonly now: () => number;
}

interface Authorization {
  readonly kind: 'authorization';
  /** The header's value; undefined: none is sent. */
  readonly header: string | undefined;
}

export class Sessions {
  readonly #options: SessionOptions;
  readonly #tokens: TokenStore;
  readonly #challenges = new Map<string, Challenge>();
  readonly #pings = new SingleFlight<Challenge | Failed>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#tokens = new TokenStore({
      send: options.send,
      now: options.now,
      isPlainHttp: (host) => isPlainHttp(host, options.insecure),
    });
  }

  /** Which login the registry wants; asked once, failures are not kept. */
  async challengeOf(registry: string, signal: AbortSignal): Promise<Challenge | Failed> {
    const known = this.#challenges.get(registry);
    if (known !== undefined) return known;
    const ask = async (shared: AbortSignal): Promise<Challenge | Failed> => {
      const challenge = await pingRegistry(registry, this.#options, shared);
      if (challenge.kind !== 'failed') this.#challenges.set(registry, challenge);
      return challenge;
    };
    return this.#pings.run(registry, ask, () => cancelled(registry), signal);
  }

  /** One request with login. A 401 comes back as Failed, every other status as it is. */
  exchange: Exchange = async (request, signal) => {
    const { registry } = request;
    const base = baseUrl(registry, this.#options.insecure);
    const url = URL.parse(request.path, base.href);
    // Behind a proxy that adds TLS, registries name their own addresses without it.
    if (url?.host === base.host) url.protocol = base.protocol;
    if (url === null || url.origin !== base.origin) {
      return invalidAnswer(registry, 'it names an address on another host to go on with');
    }
    const challenge = await this.challengeOf(registry, signal);
    if (challenge.kind === 'failed') return challenge;
    const first = await this.#authorize(request, challenge, undefined, signal);
    if (first.kind === 'failed') return first;
    const answer = await this.#send(request, url, first.header, signal);
    if (answer.kind === 'failed' || answer.status !== 401) return answer;
    if (answer.fromElsewhere)
      return invalidAnswer(registry, 'it sent us to another host, which wants a login');

    const renewed = readChallenge(answer.headers) ?? challenge;
    const second = await this.#authorize(request, renewed, first.header, signal);
    if (second.kind === 'failed') return second;
    if (second.header === first.header) return await this.#refused(request);
    const repeated = await this.#send(request, url, second.header, signal);
    if (repeated.kind === 'failed' || repeated.status !== 401) return repeated;
    return await this.#refused(request);
  };

  /** A token server may give strangers a token as well, so that none is sent says nothing of logins. */
  async #refused({ registry, repository, actions }: RegistryRequest): Promise<Failed> {
    const login = await this.#options.credentials(registry);
    const what = `${actions} on ${repository}`;
    const message =
      login === undefined
        ? `${registry}: no login is known for it (docker login ${registry}), and strangers may not ${what}`
        : `${registry}: the login is refused, or does not allow ${what}`;
    return failed({ kind: 'unauthorized', status: 401, host: registry, message });
  }

  async #send(
    request: RegistryRequest,
    url: URL,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Answer | Failed> {
    const { method, registry, body, maxBytes } = request;
    const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) };
    const common = { method, url, host: registry, headers, maxBytes };
    return this.#options.send(body === undefined ? common : { ...common, body }, signal);
  }

  async #authorize(
    request: RegistryRequest,
    challenge: Challenge,
    refused: string | undefined,
    signal: AbortSignal,
  ): Promise<Authorization | Failed> {
    const credentials = (): Promise<Credentials | undefined> => this.#options.credentials(request.registry);
    switch (challenge.kind) {
      case 'open':
        return { kind: 'authorization', header: undefined };
      case 'basic': {
        const found = await credentials();
        return { kind: 'authorization', header: found === undefined ? undefined : basicAuthorization(found) };
      }
      case 'bearer': {
        const token = await this.#tokens.get(
          {
            host: request.registry,
            challenge,
            scopes: scopesOf(request, challenge),
            credentials,
            ...(refused === undefined ? {} : { refused: refused.slice('Bearer '.length) }),
          },
          signal,
        );
        return token.kind === 'failed' ? token : { kind: 'authorization', header: `Bearer ${token.value}` };
      }
      default:
        return challenge satisfies never;
    }
  }
}

/** Our own scope, and what the challenge asks beyond it, in a stable order. */
function scopesOf(request: RegistryRequest, challenge: Challenge): readonly string[] {
  const own = [`repository:${request.repository}:${request.actions}`];
  if (request.source !== undefined) own.push(`repository:${request.source}:pull`);
  const asked = challenge.kind === 'bearer' ? (challenge.scope?.split(' ') ?? []) : [];
  return [...new Set([...own, ...asked.filter((scope) => scope !== '')])];
}
