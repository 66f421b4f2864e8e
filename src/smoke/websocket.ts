/**
 * A WebSocket client (RFC 6455) for a server that nobody vouches for: bounded in time and in bytes, the handshake's
 * refusal told with its status. Text messages alone; no extension is offered. Node's own client tells neither status
 * nor bounds. It knows nothing of what the messages mean.
 */
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { troubleOf } from '../hub/http-exchange.ts';
import type { HttpTrouble } from '../hub/http-exchange.ts';
import { patient } from '../hub/patience.ts';

export interface WebSocketTarget {
  /** Over TLS. */
  readonly secure?: boolean;
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the server said to the handshake. */
export type Handshake =
  | { readonly kind: 'open'; readonly link: WebSocketLink }
  | { readonly kind: 'refused'; readonly status: number };

const handshakeMs = 10_000;
/** More than any answer that is asked for here; a flood is cut. */
const maxQueuedBytes = 8 * 1024 ** 2;
/** RFC 6455, 1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const opcode = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

/** What a server answers to a client's `Sec-WebSocket-Key`. */
export function acceptValue(key: string): string {
  return createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64');
}

/** Shakes hands within 10 s, more on a busy machine. Aborting `signal` answers `cancelled`, and ends an open link as well. */
export async function openWebSocket(
  target: WebSocketTarget,
  signal: AbortSignal,
): Promise<Result<Handshake, HttpTrouble>> {
  const key = randomBytes(16).toString('base64');
  const deadline = AbortSignal.timeout(Math.ceil(patient(handshakeMs)));
  try {
    const answer = await shakeHands(target, key, AbortSignal.any([signal, deadline]));
    if (answer.kind === 'refused') return ok(answer);
    const { response, socket, head } = answer;
    if (response.headers['sec-websocket-accept'] !== acceptValue(key)) {
      socket.destroy();
      return err({ kind: 'garbled', message: 'the handshake is not that of a WebSocket server' });
    }
    return ok({ kind: 'open', link: new WebSocketLink(socket, head, signal) });
  } catch (error) {
    if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
    if (deadline.aborted) {
      return err({ kind: 'mute', message: `no handshake in time` });
    }
    return err(troubleOf(error));
  }
}

type Answer =
  | { readonly kind: 'refused'; readonly status: number }
  | {
      readonly kind: 'upgraded';
      readonly response: IncomingMessage;
      readonly socket: Duplex;
      readonly head: Buffer;
    };

function shakeHands(target: WebSocketTarget, key: string, signal: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { host, port, path, headers } = target;
  const outgoing = (target.secure === true ? httpsRequest : httpRequest)({
    agent: false,
    host,
    port,
    path,
    headers: {
      ...headers,
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
    },
    signal,
  });
  outgoing.on('error', reject);
  outgoing.on('response', (response) => {
    response.destroy();
    resolve({ kind: 'refused', status: response.statusCode ?? 0 });
  });
  outgoing.on('upgrade', (response, socket: Duplex, head: Buffer) =>
    resolve({ kind: 'upgraded', response, socket, head }),
  );
  outgoing.end();
  return promise;
}

/** An open connection. Whatever ends it, `receive` answers undefined from then on. */
export class WebSocketLink implements Disposable {
  readonly #socket: Duplex;
  readonly #messages: string[] = [];
  readonly #fragments: Buffer[] = [];
  #unread = Buffer.alloc(0);
  #queuedBytes = 0;
  #open = true;
  #wake = (): void => {};

  constructor(socket: Duplex, head: Buffer, signal: AbortSignal) {
    this.#socket = socket;
    const end = (): void => this.#end();
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', end);
    socket.on('close', end);
    signal.addEventListener('abort', end, { once: true });
    socket.on('close', () => signal.removeEventListener('abort', end));
    if (head.length > 0) this.#take(head);
  }

  /** False once either side, trouble or a flood has ended it. */
  get open(): boolean {
    return this.#open;
  }

  send(text: string): void {
    this.#write(opcode.text, Buffer.from(text));
  }

  /** The next text message; undefined where none came in time or none will come any more. */
  async receive(timeoutMs: number): Promise<string | undefined> {
    if (this.#messages.length === 0 && this.#open && timeoutMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = resolve;
      await promise;
      clearTimeout(timer);
      this.#wake = () => {};
    }
    const message = this.#messages.shift();
    this.#queuedBytes -= message?.length ?? 0;
    return message;
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  #end(): void {
    this.#open = false;
    this.#socket.destroy();
    this.#wake();
  }

  #take(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (let frame = readFrame(this.#unread); frame !== undefined; frame = readFrame(this.#unread)) {
      this.#unread = this.#unread.subarray(frame.length);
      this.#handle(frame);
    }
    const fragments = this.#fragments.reduce((sum, { length }) => sum + length, 0);
    if (this.#unread.length + this.#queuedBytes + fragments > maxQueuedBytes) this.#end();
  }

  #handle({ type, final, payload }: Frame): void {
    switch (type) {
      case opcode.ping:
        return this.#write(opcode.pong, payload);
      case opcode.close:
        return this.#end();
      case opcode.text:
      case opcode.continuation:
        this.#fragments.push(payload);
        if (!final) return;
        this.#messages.push(Buffer.concat(this.#fragments.splice(0)).toString('utf8'));
        this.#queuedBytes += this.#messages.at(-1)?.length ?? 0;
        return this.#wake();
      default:
        // Pongs, and binary messages, which nothing here asks for.
        return;
    }
  }

  /** A client masks what it sends (RFC 6455, 5.3). */
  #write(type: number, payload: Buffer): void {
    if (!this.#open) return;
    const mask = randomBytes(4);
    const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
    this.#socket.write(Buffer.concat([frameHeader(type, payload.length), mask, masked]));
  }
}

interface Frame {
  readonly type: number;
  readonly final: boolean;
  readonly payload: Buffer;
  /** Of the whole frame, in bytes. */
  readonly length: number;
}

/** The first frame (RFC 6455, 5.2), or undefined where it is not complete. A server's frames are not masked. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const short = bytes.readUInt8(1) & 0x7f;
  const headerLength = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < headerLength) return undefined;
  const size =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const length = headerLength + size;
  if (bytes.length < length) return undefined;
  const payload = bytes.subarray(headerLength, length);
  return { type: first & 0x0f, final: (first & 0x80) !== 0, payload, length };
}

function frameHeader(type: number, size: number): Buffer {
  const long = size > 0xffff;
  const header = Buffer.alloc(size < 126 ? 2 : long ? 10 : 4);
  header.writeUInt8(0x80 | type, 0);
  header.writeUInt8(0x80 | (size < 126 ? size : long ? 127 : 126), 1);
  if (long) header.writeBigUInt64BE(BigInt(size), 2);
  else if (size >= 126) header.writeUInt16BE(size, 2);
  return header;
}
