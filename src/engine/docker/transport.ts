/**
 * The wire to one engine: requests, streamed answers and upgraded connections over docker-modem,
 * each answered with a Result. It uses docker-modem directly because loading dockerode costs
 * 180 ms (it brings gRPC along), docker-modem 40 ms, and a run with nothing to do has 400 ms in all.
 * Knows nothing of images or containers.
 */
import { Agent } from 'node:http';
import { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import type { Readable } from 'node:stream';
import Modem from 'docker-modem';
import type { ZodType } from 'zod';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { EngineError } from '../engine.ts';
import { cancelledError, errorOfException, errorOfStatus, MalformedReply, NoAddress } from './errors.ts';

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
  readonly address: string;
  /** Sends, and checks the JSON answer against a schema. */
  json<T>(request: EngineRequest, schema: ZodType<T>, signal: AbortSignal): Promise<Result<T, EngineError>>;
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

/** Every status is let through: docker-modem's own errors lose the body of streamed answers. */
const everyStatus: Modem.StatusCodes = Object.fromEntries(
  Array.from({ length: 500 }, (_, index) => [index + 100, true]),
);

/** One segment of a path, safe for any name; an image reference keeps its slashes. */
export function segment(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

/**
 * A transport to the engine at `socket`, else at DOCKER_HOST (`unix://`, `tcp://`), else at
 * Docker's usual socket. Opens nothing yet; an address that makes no sense is told by the first request.
 */
export function openTransport(socket: string | undefined): Transport {
  const address = socket ?? process.env['DOCKER_HOST'] ?? '/var/run/docker.sock';
  const agent = new Agent({ keepAlive: true });
  const dial = dialer(address, agent);
  const errorOf = (cause: unknown, signal: AbortSignal): EngineError =>
    errorOfException(cause, signal, address);

  const start = async <T>(
    request: EngineRequest,
    hijack: boolean,
    signal: AbortSignal,
    take: (answer: unknown) => Promise<Result<T, EngineError>>,
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
    address,
    stream,
    errorOf,
    json: (request, schema, signal) =>
      start(request, false, signal, async (answer) => {
        const body = await checkStatus(answer);
        return body.ok ? ok(parseReply(await readText(body.value), schema)) : body;
      }),
    send: (request, signal) =>
      start(request, false, signal, async (answer) => {
        const body = await checkStatus(answer);
        if (!body.ok) return body;
        await readText(body.value);
        return ok(undefined);
      }),
    upgrade: (request, signal) =>
      start(request, true, signal, async (answer) => {
        if (!(answer instanceof IncomingMessage) && answer instanceof Duplex) return ok(answer);
        const body = await checkStatus(answer);
        if (!body.ok) return body;
        throw new MalformedReply(`the engine did not switch protocols for ${request.path}`);
      }),
    close: () => agent.destroy(),
  };
}

type Dial = (request: EngineRequest, hijack: boolean, signal: AbortSignal) => Promise<unknown>;

function dialer(address: string, agent: Agent): Dial {
  let modem: Modem | undefined;
  return (request, hijack, signal) => {
    modem ??= new Modem(modemOptions(address, agent));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    modem.dial(dialOptions(request, hijack, signal), (error, answer) =>
      error === null || error === undefined ? resolve(answer) : reject(error),
    );
    return promise;
  };
}

function modemOptions(address: string, agent: Agent): Modem.ConstructorOptions {
  const path = address.startsWith('unix://') ? address.slice('unix://'.length) : address;
  // `host: undefined` is said aloud: docker-modem would else prefer DOCKER_HOST to the socket given.
  if (path.startsWith('/')) return { socketPath: path, host: undefined, protocol: 'http', agent };
  const url = URL.parse(address.includes('://') ? address : `tcp://${address}`);
  if (url === null || url.hostname === '')
    throw new NoAddress(`\`${address}\` is not the address of an engine`);
  // TLS: docker-modem reads DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, and needs an agent of its own kind.
  const tls = process.env['DOCKER_TLS_VERIFY'] === '1' || url.port === '2376';
  return { host: url.hostname, port: url.port || '2375', ...(tls ? {} : { protocol: 'http', agent }) };
}

function dialOptions(request: EngineRequest, hijack: boolean, signal: AbortSignal): Modem.DialOptions {
  const { body } = request;
  const plain = body !== undefined && !Buffer.isBuffer(body) && !('pipe' in body);
  const file = plain ? Buffer.from(JSON.stringify(body)) : (body as Readable | Buffer | undefined); // narrowed by `plain`
  return {
    method: request.method,
    path: withQuery(request),
    headers: { ...(plain ? { 'Content-Type': 'application/json' } : {}), ...request.headers },
    isStream: true,
    hijack,
    statusCodes: everyStatus,
    abortSignal: signal,
    ...(file === undefined ? {} : { file }),
  };
}

/** docker-modem takes the last character off a path with a question mark: it expects one at the end. */
function withQuery({ path, query = {} }: EngineRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}?`;
}

async function checkStatus(answer: unknown): Promise<Result<IncomingMessage, EngineError>> {
  if (!(answer instanceof IncomingMessage)) throw new MalformedReply('the engine sent no answer');
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

function parseReply<T>(text: string, schema: ZodType<T>): T {
  let reply: unknown;
  try {
    reply = JSON.parse(text);
  } catch {
    throw new MalformedReply(`the engine's answer is not JSON: ${text.slice(0, 200)}`);
  }
  const parsed = schema.safeParse(reply);
  if (!parsed.success)
    throw new MalformedReply(`the engine's answer is not understood: ${parsed.error.message}`);
  return parsed.data;
}
