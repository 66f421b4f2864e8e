/**
 * The wire to one engine: requests, streamed answers and upgraded connections over Node's own HTTP,
 * each answered with a Result. Why not over dockerode: docs/decisions/0003-no-dockerode.md.
 * Knows nothing of images or containers.
 */
import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import type { Duplex, Readable } from 'node:stream';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { Shape } from '../../core/shape.ts';
import { findEngine, socketPath, type EngineAddress } from '../engine-address.ts';
import type { EngineError } from '../engine.ts';
import { openEndpoint } from './endpoint.ts';
import type { Endpoint } from './endpoint.ts';
import { cancelledError, errorOfException, errorOfStatus, MalformedReply } from './errors.ts';

export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface EngineRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Already percent-encoded; see `segment`. */
  readonly path: string;
  /** Undefined values are left out; a list repeats its name. */
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** An object travels as JSON, a stream or buffer as it is. */
  readonly body?: object | Readable | Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export interface Transport {
  /** Whether the engine is asked at a socket of this machine. */
  readonly isLocal: boolean;
  /** Sends, and checks the JSON answer against a schema. */
  json<T>(request: EngineRequest, schema: Shape<T>, signal: AbortSignal): Promise<Result<T, EngineError>>;
  /** Sends, and reads nothing of the answer but its status. */
  send(request: EngineRequest, signal: AbortSignal): Promise<Result<void, EngineError>>;
  /** Sends, and hands over the answer's body, which throws when the connection breaks; use `errorOf`. */
  stream(request: EngineRequest, signal: AbortSignal): Promise<Result<IncomingMessage, EngineError>>;
  /** Sends, and hands over the raw connection that the engine switched protocols on. */
  upgrade(request: EngineRequest, signal: AbortSignal): Promise<Result<Duplex, EngineError>>;
  /** The EngineError for something thrown while an answer's body was read. */
  errorOf(cause: unknown, signal: AbortSignal): EngineError;
  close(): void;
}

/** One segment of a path, safe for any name; an image reference keeps its slashes. */
export function segment(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

/**
 * A transport to the engine at `socket`, else to the one that Docker's command line would ask. Opens nothing yet; an
 * address that makes no sense is told by the first request.
 */
export function openTransport(socket: string | undefined): Transport {
  const engine =
    socket === undefined ? findEngine(process.env) : ({ kind: 'known', address: socket } as const);
  const { dial, close } = dialer(engine);
  const errorOf = (cause: unknown, signal: AbortSignal): EngineError =>
    errorOfException(cause, signal, engine);

  const start = async <T>(
    request: EngineRequest,
    hijack: boolean,
    signal: AbortSignal,
    take: (reply: Reply) => Promise<Result<T, EngineError>>,
  ): Promise<Result<T, EngineError>> => {
    if (signal.aborted) return err(cancelledError);
    try {
      return await take(await dial(request, hijack, signal));
    } catch (cause) {
      return err(errorOf(cause, signal));
    }
  };
  const stream: Transport['stream'] = (request, signal) => start(request, false, signal, checkStatus);

  return {
    isLocal: engine.kind === 'known' && socketPath(engine.address) !== undefined,
    stream,
    errorOf,
    json: (request, schema, signal) =>
      start(request, false, signal, async (reply) => {
        const body = await checkStatus(reply);
        return body.ok ? ok(parseReply(await readText(body.value), schema)) : body;
      }),
    send: (request, signal) =>
      start(request, false, signal, async (reply) => {
        const body = await checkStatus(reply);
        if (!body.ok) return body;
        await readText(body.value);
        return ok(undefined);
      }),
    upgrade: (request, signal) =>
      start(request, true, signal, async (reply) => {
        if (reply.kind === 'upgraded') return ok(reply.socket);
        const body = await checkStatus(reply);
        if (!body.ok) return body;
        throw new MalformedReply(`the engine did not switch protocols for ${request.path}`);
      }),
    close,
  };
}

/** What the engine did with a request: answered it, or switched the connection to another protocol. */
type Reply =
  | { readonly kind: 'answer'; readonly message: IncomingMessage }
  | { readonly kind: 'upgraded'; readonly socket: Duplex };

type Dial = (request: EngineRequest, hijack: boolean, signal: AbortSignal) => Promise<Reply>;

function dialer(engine: EngineAddress): { readonly dial: Dial; readonly close: () => void } {
  let endpoint: Endpoint | undefined;
  return {
    async dial(request, hijack, signal) {
      endpoint ??= openEndpoint(engine);
      return await exchange(endpoint, request, hijack, signal);
    },
    close: () => endpoint?.agent.destroy(),
  };
}

function exchange(
  { where, agent, send }: Endpoint,
  request: EngineRequest,
  hijack: boolean,
  signal: AbortSignal,
): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const { body } = request;
  const isStream = body !== undefined && !Buffer.isBuffer(body) && 'pipe' in body;
  const isJson = body !== undefined && !Buffer.isBuffer(body) && !isStream;
  const outgoing = send({
    ...where,
    // A connection that changes its protocol does not go back to the others.
    agent: hijack ? false : agent,
    // Else Node asks of each first request whether the host is an IPv6 address, by a pattern that takes 9 ms to compile.
    ...('socketPath' in where ? { servername: '' } : {}),
    method: request.method,
    path: withQuery(request),
    headers: {
      ...(isJson ? { 'Content-Type': 'application/json' } : {}),
      ...(hijack ? { Connection: 'Upgrade', Upgrade: 'tcp' } : {}),
      ...request.headers,
    },
    signal,
  });
  outgoing.on('error', reject);
  outgoing.on('response', (message) => resolve({ kind: 'answer', message }));
  outgoing.on('upgrade', (_answer, socket: Duplex, head: Buffer) => {
    if (head.length > 0) socket.unshift(head);
    resolve({ kind: 'upgraded', socket });
  });
  if (isStream) {
    // Either side's trouble ends both; the request's own error is what the caller hears.
    pipeline(body, outgoing, (cause) => cause !== undefined && cause !== null && reject(cause));
  } else {
    outgoing.end(isJson ? JSON.stringify(body) : body);
  }
  return promise;
}

function withQuery({ path, query = {} }: EngineRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

async function checkStatus(reply: Reply): Promise<Result<IncomingMessage, EngineError>> {
  if (reply.kind === 'upgraded') {
    reply.socket.destroy();
    throw new MalformedReply('the engine switched protocols where nobody asked it to');
  }
  const answer = reply.message;
  const status = answer.statusCode ?? 0;
  if (status < 400) return ok(answer);
  return err(errorOfStatus(status, messageOf(await readText(answer))));
}

function messageOf(text: string): string {
  try {
    const reply: unknown = JSON.parse(text);
    if (typeof reply === 'object' && reply !== null && 'message' in reply) return String(reply.message);
  } catch {
    // Not JSON (a proxy's page, an empty body): the text itself is the best message there is.
  }
  return text.trim().slice(0, 2000);
}

async function readText(body: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function parseReply<T>(text: string, schema: Shape<T>): T {
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    throw new MalformedReply(`the engine's answer is not JSON: ${text.slice(0, 200)}`);
  }
  // Each schema is used once or twice a run: to compile it first, as zod does, takes longer than to walk it.
  const parsed = schema.safeParse(reply, { jitless: true });
  if (!parsed.success)
    throw new MalformedReply(`the engine's answer is not understood: ${parsed.error.message}`);
  return parsed.data;
}
