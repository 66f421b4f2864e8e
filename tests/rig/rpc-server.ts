/** A TCP server that answers every RPC call with the bytes it is told to, after the call's own id. */
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** How one call is answered: gets the call without its record mark, and the connection. */
export type RpcAnswer = (call: Buffer, socket: Socket) => void;

export class RpcServer implements AsyncDisposable {
  readonly calls: Buffer[] = [];
  readonly #server;
  readonly #sockets = new Set<Socket>();

  private constructor(answer: RpcAnswer) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('data', (data: Buffer) => {
        this.calls.push(data.subarray(4));
        answer(data.subarray(4), socket);
      });
    });
  }

  static async listen(answer: RpcAnswer): Promise<RpcServer> {
    const made = new RpcServer(answer);
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get target(): { readonly host: string; readonly port: number } {
    // A TCP server that listens has such an address.
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Words as RPC writes them. */
export function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => bytes.writeUInt32BE(value, at * 4));
  return bytes;
}

/** A record mark and its fragment; `last` closes the record. */
export function fragment(bytes: Buffer, last = true): Buffer {
  return Buffer.concat([words((last ? 0x8000_0000 : 0) + bytes.length), bytes]);
}

/** The header of a call that was accepted. */
export function accepted(call: Buffer, ...rest: readonly Buffer[]): Buffer {
  return Buffer.concat([call.subarray(0, 4), words(1, 0, 0, 0, 0), ...rest]);
}
