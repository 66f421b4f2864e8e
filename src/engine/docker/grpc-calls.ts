/**
 * gRPC calls to the engine over one connection, with Node's own HTTP/2. Carries messages and knows none of them: their
 * form is session-protocol.ts's.
 */
import { connect } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { codeOf } from './errors.ts';
import { messages, prefixed } from './grpc-messages.ts';

/** How a call ended: gRPC's status, 0 for success, and what the engine said to it. */
export interface CallEnd {
  readonly status: number;
  readonly message: string;
}

export interface GrpcCalls extends Disposable {
  /**
   * Calls a method; yields the messages of the answer and returns how it ended. Throws with Node's code when the
   * connection breaks, or when the signal is aborted, which ends the call in the engine as well.
   */
  call(method: string, request: Uint8Array, signal: AbortSignal): AsyncGenerator<Buffer, CallEnd, undefined>;
}

/** The connection ended before the engine said how the call did. */
class BrokenCall extends Error {
  readonly code = 'ECONNRESET';
}

/** Calls over a connection that the engine has switched to HTTP/2. Disposing closes it. */
export function grpcCalls(socket: Duplex): GrpcCalls {
  const session = connect('http://engine', { createConnection: () => socket });
  // Each call under way tells of it; here it is only kept from being thrown.
  session.on('error', () => undefined);
  return {
    call: (method, request, signal) => call(session, method, request, signal),
    [Symbol.dispose]: () => session.destroy(),
  };
}

async function* call(
  session: ClientHttp2Session,
  method: string,
  request: Uint8Array,
  signal: AbortSignal,
): AsyncGenerator<Buffer, CallEnd, undefined> {
  const stream = session.request(
    { ':method': 'POST', ':path': method, 'content-type': 'application/grpc', te: 'trailers' },
    { signal },
  );
  let end: CallEnd | undefined;
  const note = (headers: IncomingHttpHeaders): void => {
    end ??= callEnd(headers);
  };
  // A call that has no answer at all ends with its headers.
  stream.on('response', note);
  stream.on('trailers', note);
  stream.end(prefixed(request));
  try {
    yield* messages(stream);
  } catch (cause) {
    if (!session.destroyed || signal.aborted || codeOf(cause)?.startsWith('ERR_HTTP2') !== true) throw cause;
    throw new BrokenCall('the connection broke off', { cause });
  }
  if (end === undefined) throw new BrokenCall('the connection ended before the call did');
  return end;
}

function callEnd(headers: IncomingHttpHeaders): CallEnd | undefined {
  const status = headers['grpc-status'];
  if (status === undefined) return undefined;
  return { status: Number(status), message: decoded(String(headers['grpc-message'] ?? '')) };
}

/** Percent-encoded UTF-8; what is not is taken as it stands, as gRPC asks for. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
