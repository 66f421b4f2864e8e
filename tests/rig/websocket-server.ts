/** A WebSocket server of a few lines (RFC 6455), for clients that have to bear what a bad one does. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** A server's frame: never masked. */
export function serverFrame(payload: string | Buffer, type = 1, final = true): Buffer {
  const data = Buffer.from(payload);
  const header = Buffer.alloc(10);
  header.writeUInt8((final ? 0x80 : 0) | type, 0);
  header.writeUInt8(127, 1);
  header.writeBigUInt64BE(BigInt(data.length), 2);
  return Buffer.concat([header, data]);
}

/** The text of a client's masked frame of less than 64 KiB that has arrived whole. */
export function clientText(frame: Buffer): string {
  const short = (frame[1] ?? 0) & 0x7f;
  const start = short === 126 ? 4 : 2;
  const length = short === 126 ? frame.readUInt16BE(2) : short;
  const mask = frame.subarray(start, start + 4);
  const masked = frame.subarray(start + 4, start + 4 + length);
  return Buffer.from(masked.map((byte, index) => byte ^ (mask[index % 4] ?? 0))).toString();
}

export class WebSocketRig implements AsyncDisposable {
  readonly #server = createServer();

  /** `onOpen` is handed each connection after the handshake; `refuse` answers that status in its place. */
  static async listen(options: {
    readonly onOpen?: (socket: Duplex) => void;
    readonly refuse?: number;
    readonly key?: string;
    /** For requests that are no handshake. */
    readonly onRequest?: RequestListener;
  }): Promise<WebSocketRig> {
    const rig = new WebSocketRig();
    rig.#server.on('request', options.onRequest ?? ((_request, response) => response.writeHead(404).end()));
    rig.#server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => {});
      if (options.refuse !== undefined) {
        socket.end(`HTTP/1.1 ${options.refuse} Refused\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const key = `${options.key ?? request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      options.onOpen?.(socket);
    });
    await new Promise<void>((resolve) => rig.#server.listen(0, '127.0.0.1', resolve));
    return rig;
  }

  get port(): number {
    // It listens on TCP.
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
