/**
 * Requests to one Kubernetes API server: JSON in and out, tried again where that is safe. Logins, certificates and
 * proxies are the client library's work (connect.ts); what is asked is the callers'.
 */
import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { jsonIn, parseJson } from '../../../registry/parse-json.ts';
import { statusSchema } from './schema.ts';
import { troubleOf, type ApiTrouble } from './trouble.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/apis/apps/v1/namespaces/hub/daemonsets` */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly contentType?: string;
}

export type ApiAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly trouble: ApiTrouble };

/** What a stream ended with: `ended` by the server in good order, or trouble. */
export type StreamEnd = { readonly kind: 'ended' } | ApiTrouble;

export interface KubernetesApi {
  /** For messages. */
  readonly server: string;
  request(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
  /** A GET whose answer is one JSON document a line, each handed on as it comes. */
  stream(
    request: Pick<ApiRequest, 'path' | 'query'>,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<StreamEnd>;
}

/** Fills in what a request needs to be let in; asked before each, for tokens end. */
export type Authorize = () => Promise<https.RequestOptions>;

const tries = 5;
const answerMs = 30_000;
const longestWaitMs = 30_000;
const maxBodyBytes = 64 * 1024 * 1024;
const maxLineBytes = 8 * 1024 * 1024;
/** A watch that hears nothing for longer has lost its server without being told; bookmarks come every minute. */
const silenceMs = 330_000;

/** `firstWaitMs`: how long it waits before the second try; twice as long before each further one. */
export function kubernetesApi(server: string, authorize: Authorize, firstWaitMs = 500): KubernetesApi {
  const base = server.replace(/\/$/, '');
  return {
    server,
    async request(request, signal) {
      for (let attempt = 1; ; attempt += 1) {
        const { answer, waitMs } = await once(base, authorize, request, signal);
        if (answer.ok || attempt === tries || waitMs === undefined) return answer;
        const pause = Math.min(longestWaitMs, waitMs ?? firstWaitMs * 2 ** (attempt - 1));
        if (!(await waited(pause, signal))) return { ok: false, trouble: { kind: 'cancelled' } };
      }
    },
    stream: (request, onLine, signal) => streamOnce(base, authorize, request, onLine, signal),
  };
}

/** False where the signal came first. */
export async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return await delay(milliseconds, true, { signal }).catch(() => false);
}

/** `waitMs`: undefined: asking again is of no use; null: the server names no time. */
interface Tried {
  readonly answer: ApiAnswer;
  readonly waitMs?: number | null;
}

async function once(
  base: string,
  authorize: Authorize,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Tried> {
  const opened = await open(
    base,
    authorize,
    request,
    AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
  );
  if (!opened.ok && opened.kind === 'no-login' && !signal.aborted)
    return { answer: { ok: false, trouble: { kind: 'no-login', message: opened.message } } };
  if (!opened.ok) return failed(opened.message, signal);
  const { response } = opened;
  const status = response.statusCode ?? 0;
  let text: string;
  try {
    text = await readAll(response);
  } catch (error) {
    return failed(messageOf(error), signal);
  }
  if (status >= 200 && status < 300) {
    const body = jsonIn(text);
    return body === undefined
      ? { answer: { ok: false, trouble: { kind: 'refused', status, message: 'the answer is no JSON' } } }
      : { answer: { ok: true, body } };
  }
  const trouble = troubleOf(status, statusMessage(text, status));
  // A server that is busy, or about to be replaced; every request of ours may be made twice.
  if (status !== 429 && status < 500) return { answer: { ok: false, trouble } };
  const after = Number(response.headers['retry-after']);
  return {
    answer: { ok: false, trouble },
    waitMs: Number.isFinite(after) && after > 0 ? after * 1000 : null,
  };
}

function failed(message: string, signal: AbortSignal): Tried {
  if (signal.aborted) return { answer: { ok: false, trouble: { kind: 'cancelled' } } };
  return { answer: { ok: false, trouble: { kind: 'unreachable', message } }, waitMs: null };
}

async function streamOnce(
  base: string,
  authorize: Authorize,
  request: Pick<ApiRequest, 'path' | 'query'>,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<StreamEnd> {
  const quiet = new AbortController();
  const timer = setTimeout(() => quiet.abort(), silenceMs);
  try {
    const opened = await open(
      base,
      authorize,
      { method: 'GET', ...request },
      AbortSignal.any([signal, quiet.signal]),
    );
    if (!opened.ok)
      return signal.aborted ? { kind: 'cancelled' } : { kind: opened.kind, message: opened.message };
    const { response } = opened;
    const status = response.statusCode ?? 0;
    if (status !== 200) return troubleOf(status, statusMessage(await readAll(response), status));
    let rest = '';
    response.setEncoding('utf8');
    for await (const chunk of response) {
      timer.refresh();
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > maxLineBytes) return { kind: 'refused', status, message: 'a line without end' };
      for (const line of lines) if (line !== '') onLine(line);
    }
    return { kind: 'ended' };
  } catch (error) {
    return signal.aborted ? { kind: 'cancelled' } : { kind: 'unreachable', message: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}

type Opened =
  | { readonly ok: true; readonly response: http.IncomingMessage }
  | { readonly ok: false; readonly kind: 'unreachable' | 'no-login'; readonly message: string };

async function open(
  base: string,
  authorize: Authorize,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<Opened> {
  const url = new URL(`${base}${request.path}`);
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  let options: https.RequestOptions;
  try {
    options = await authorize();
  } catch (error) {
    // A login program that is not there or says no, or a certificate that cannot be read.
    return { ok: false, kind: 'no-login', message: oneLine(messageOf(error)) };
  }
  try {
    const headers = {
      ...options.headers,
      accept: 'application/json',
      'user-agent': 'hubwright',
      ...(body === undefined
        ? {}
        : {
            'content-type': request.contentType ?? 'application/json',
            'content-length': Buffer.byteLength(body),
          }),
    };
    const { request: send } = url.protocol === 'http:' ? http : https;
    return await new Promise<Opened>((resolve) => {
      const sent = send(url, { ...options, method: request.method, headers, signal }, (response) =>
        resolve({ ok: true, response }),
      );
      sent.on('error', (error) => resolve({ ok: false, kind: 'unreachable', message: messageOf(error) }));
      sent.end(body);
    });
  } catch (error) {
    // A certificate or key that is none.
    return { ok: false, kind: 'no-login', message: oneLine(messageOf(error)) };
  }
}

async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Nobody has set an encoding, so chunks are bytes.
  for await (const bytes of response as AsyncIterable<Buffer>) {
    length += bytes.length;
    if (length > maxBodyBytes) throw new Error('the answer is too long');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function statusMessage(text: string, status: number): string {
  return parseJson(statusSchema, text)?.message ?? `it answered ${status}`;
}

/** Of a login program that says more, the beginning. */
const longestMessage = 400;

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > longestMessage ? `${line.slice(0, longestMessage)}…` : line;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.message !== '') return error.message;
  // Node tries several addresses, and says nothing itself when all fail.
  return 'code' in error ? String(error.code) : error.name;
}
