/**
 * One HTTP exchange: connection, time limit, bounded body, and redirects under guard.
 * Knows no logins and tries nothing twice (session.ts and retry.ts). Over Node's own HTTP client and its global
 * agents: connections are kept and shared, and Node's settings for proxies and additional CAs apply. Not over fetch,
 * which ends the connection after each HEAD, and adds encodings that are not the registry's bytes.
 */
import type { IncomingMessage } from 'node:http';
import { headersOf, type AnswerHeaders } from './answer-headers.ts';
import { cancelled, failed, invalidAnswer, type Failed } from './error.ts';
import { DOCKER_HUB } from './reference.ts';
import { TimeLimit } from './time-limit.ts';

// As modules of their own kind the two would load Node's whole fetch at every start, for exports that are not used.
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: URL;
  /** The registry's name for messages. */
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** A POST that changes nothing may be sent again. */
  readonly isRepeatable?: true;
  /** A longer answer is refused while it is read. */
  readonly maxBytes: number;
}

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Buffer;
  /** True when a redirect led to another origin: its 401 and 404 are not the registry's word. */
  readonly fromElsewhere: boolean;
}

export type Send = (request: HttpRequest, signal: AbortSignal) => Promise<Answer | Failed>;

const REDIRECTS = 5;
const MAX_REDIRECT_BYTES = 64 * 1024;

/** Sends one request. Expected trouble (connection, time, size, bad redirects, the signal) comes back as Failed. */
export function createTransport(options: { readonly userAgent: string; readonly timeoutMs: number }): Send {
  return async (request, signal) => {
    using limit = new TimeLimit(options.timeoutMs);
    limit.moved(request.body?.length ?? 0);
    try {
      return await follow(request, options.userAgent, limit, AbortSignal.any([signal, limit.signal]));
    } catch (error) {
      if (signal.aborted) return cancelled(request.host);
      if (limit.signal.aborted) return tooSlow(request.host, limit);
      return connectionError(request.host, error);
    }
  };
}

function tooSlow(host: string, limit: TimeLimit): Failed {
  const seconds = Math.ceil(limit.allowedMs / 1000);
  const message = `${host}: no whole answer within ${seconds} s`;
  return failed({ kind: 'unreachable', host, code: 'TIMEOUT', message });
}

/**
 * Where a registry's API is: plain HTTP for this machine and for hosts declared insecure, else HTTPS.
 * Docker Hub answers at another name than its references say.
 */
export function baseUrl(registry: string, insecure: readonly string[]): URL {
  const host = registry === DOCKER_HUB ? 'registry-1.docker.io' : registry;
  return new URL(`${isPlainHttp(registry, insecure) ? 'http' : 'https'}://${host}`);
}

/** Whether this host is spoken to without TLS. */
export function isPlainHttp(registry: string, insecure: readonly string[]): boolean {
  return /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(registry) || insecure.includes(registry);
}

async function follow(
  request: HttpRequest,
  userAgent: string,
  limit: TimeLimit,
  signal: AbortSignal,
): Promise<Answer | Failed> {
  let url = request.url;
  for (let hop = 0; hop <= REDIRECTS; hop += 1) {
    const fromElsewhere = url.origin !== request.url.origin;
    const response = await exchange(url, request, headersFor(request, fromElsewhere, userAgent), signal);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (!isRedirect(status) || location === undefined) {
      const body = await readBounded(response, request.maxBytes, limit);
      if (body === undefined)
        return invalidAnswer(request.host, `the answer is longer than ${request.maxBytes} bytes`);
      return { kind: 'answer', status, headers: headersOf(response), body, fromElsewhere };
    }
    // What a redirect says besides is nothing to us, but read to its end it leaves a connection.
    await readBounded(response, MAX_REDIRECT_BYTES, limit);
    const next = redirectTarget(location, url);
    if (typeof next === 'string') return invalidAnswer(request.host, next);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return invalidAnswer(request.host, `a redirect in answer to ${request.method}`);
    }
    url = next;
  }
  return invalidAnswer(request.host, `more than ${REDIRECTS} redirects`);
}

/** Sends, and answers when the head of the answer is there. */
function exchange(
  url: URL,
  { method, body }: HttpRequest,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? https.request : http.request;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = send(url, { method, headers, signal });
  outgoing.on('response', resolve);
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

function headersFor(
  request: HttpRequest,
  elsewhere: boolean,
  userAgent: string,
): Readonly<Record<string, string>> {
  const { authorization, ...others } = request.headers;
  const headers = { ...others, 'user-agent': userAgent };
  // A storage host that a registry redirects to has its own signature in the URL; our login is not for it.
  return elsewhere || authorization === undefined ? headers : { ...headers, authorization };
}

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** The redirect's target, or what is wrong with it. Messages leave out the query: it may hold a signature. */
function redirectTarget(location: string, from: URL): URL | string {
  const url = URL.parse(location, from.href);
  if (url === null) return 'a redirect to something that is no URL';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `a redirect to ${url.protocol}`;
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    return `a redirect from HTTPS to plain HTTP (${url.host})`;
  }
  if (url.username !== '' || url.password !== '') return `a redirect with a login in it (${url.host})`;
  return url;
}

/** The whole body, or undefined as soon as it is longer than allowed. */
function readBounded(
  response: IncomingMessage,
  maxBytes: number,
  limit: TimeLimit,
): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let length = 0;
  // Not by iterating, which costs as much as the whole of a small answer.
  response.on('data', (chunk: Buffer) => {
    length += chunk.byteLength;
    limit.moved(chunk.byteLength);
    chunks.push(chunk);
    if (length <= maxBytes) return;
    resolve(undefined);
    // What is left of it is not read, and the connection not kept.
    response.destroy();
  });
  response.on('end', () => resolve(Buffer.concat(chunks)));
  response.on('error', reject);
  response.on('close', () => {
    if (!response.readableEnded) reject(Object.assign(new Error('it ended early'), { code: 'ECONNRESET' }));
  });
  return promise;
}

function connectionError(host: string, error: unknown): Failed {
  const code = codeOf(error);
  // What is wrong with our own arguments (ERR_INVALID_…), or has no code at all, is a bug.
  if (code === undefined || code.startsWith('ERR_INVALID_')) throw error;
  return failed({ kind: 'unreachable', host, code, message: `${host}: ${explain(code)}` });
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  // TLS that fails while something is written tells in its message alone how.
  const reason = /:SSL routines:[^:]*:([^:]+):/.exec(error.message)?.[1];
  if (error.code !== 'EPROTO' || reason === undefined) return error.code;
  return `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
}

function explain(code: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused)';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the name cannot be resolved';
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'it speaks plain HTTP where HTTPS was expected; declare it insecure if that is meant';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `its certificate is signed by nobody known here (${code}); name the authority in NODE_EXTRA_CA_CERTS`;
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return `its certificate is not valid today (${code}); renew it, or set this machine's clock right`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for other names than this one (${code})`;
    default:
      return `the connection failed (${code})`;
  }
}
