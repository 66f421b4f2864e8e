/**
 * Answers gRPC calls that come over one connection, with Node's own HTTP/2. Carries messages and knows none of them:
 * their form is session-protocol.ts's, the answers are session.ts's.
 */
import { once } from 'node:events';
import { performServerHandshake } from 'node:http2';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messages, prefixed } from './grpc-messages.ts';

/** gRPC's numbers for how a call ended, as far as we say them. */
export const grpcStatus = { ok: 0, notFound: 5, unimplemented: 12, internal: 13 } as const;

/** A call ends with this instead of an answer. */
export class CallFailure extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A call that the other side has made. */
export interface ServedCall {
  readonly headers: IncomingHttpHeaders;
  /** What it sends; ends when it has said all. */
  readonly messages: AsyncIterable<Buffer>;
  /** Sends a message; returns when there is room for the next. */
  send(message: Uint8Array): Promise<void>;
  /** Aborted when the other side has given the call up, or the connection is gone. */
  readonly signal: AbortSignal;
}

/** Answers a call; the call ends when it returns, with a CallFailure's status when it throws one. */
export type Handler = (call: ServedCall) => Promise<void>;

/**
 * Answers calls of these methods (`/package.Service/Method`) until it is disposed of, which ends the connection.
 * Others are told that they are not implemented.
 */
export async function serveGrpc(
  socket: Duplex,
  handlers: ReadonlyMap<string, Handler>,
): Promise<AsyncDisposable> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // The build's own stream tells of a lost engine; here it is only kept from being thrown.
  socket.on('error', () => undefined);
  const connection = performServerHandshake(socket);
  connection.on('error', () => undefined);
  connection.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    void answer(stream, headers, handlers.get(headers[':path'] ?? '') ?? unimplemented);
  });
  // Node reads what had already arrived in a later turn, and throws inside http2 if the connection is closed
  // before that.
  await nextTurn();
  return {
    async [Symbol.asyncDispose]() {
      connection.destroy();
      socket.destroy();
      if (!socket.closed) await closed;
    },
  };
}

/** Before the request's body has come, the engine takes this answer for a protocol error that ends the session. */
async function unimplemented({ messages: body, headers }: ServedCall): Promise<void> {
  for await (const _ of body);
  throw new CallFailure(grpcStatus.unimplemented, `${headers[':path']} is not offered`);
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  handler: Handler,
): Promise<void> {
  const givenUp = new AbortController();
  stream.on('close', () => givenUp.abort());
  let end: { readonly status: number; readonly message: string } = { status: grpcStatus.ok, message: '' };
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(end)));
  try {
    await handler({
      headers,
      // Not ended with the loop that reads it: an answer may follow.
      messages: messages(stream.iterator({ destroyOnReturn: false })),
      async send(message) {
        givenUp.signal.throwIfAborted();
        if (!stream.write(prefixed(message))) await once(stream, 'drain', { signal: givenUp.signal });
      },
      signal: givenUp.signal,
    });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    end = { status: cause instanceof CallFailure ? cause.status : grpcStatus.internal, message };
  }
  if (stream.destroyed) return;
  stream.end();
  // What still comes is not wanted, but has to go.
  stream.resume();
}

function trailersOf({
  status,
  message,
}: {
  readonly status: number;
  readonly message: string;
}): OutgoingHttpHeaders {
  const words = message === '' ? {} : { 'grpc-message': encodeURIComponent(message) };
  return { 'grpc-status': String(status), ...words };
}
