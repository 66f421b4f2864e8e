import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { exchange } from '../../../src/hub/http-exchange.ts';

const { signal } = new AbortController();
const open: Server[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  // A socket that nobody reads never notices that the other side is gone.
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((server) => new Promise((resolve) => void server.close(resolve))));
});

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener): Promise<number> => listen(createServer(listener));
const speak = (talk: (socket: Socket) => void): Promise<number> =>
  listen(
    createTcpServer((socket) => {
      socket.on('error', () => {});
      sockets.push(socket);
      talk(socket);
    }),
  );

describe('one exchange', () => {
  it('brings status, headers and body', async () => {
    const port = await serve((request, response) => {
      response.writeHead(418, { 'x-path': request.url });
      response.end('short and stout');
    });
    const answered = await exchange({ host: '127.0.0.1', port, path: '/tea?x=1' }, signal);
    expect(answered).toMatchObject({
      ok: true,
      value: { status: 418, headers: { 'x-path': '/tea?x=1' }, body: 'short and stout', truncated: false },
    });
  });

  it.each([
    { is: 'whose end is the connection’s', head: 'HTTP/1.0 200 OK\r\n\r\n' },
    { is: 'in chunks', head: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n' },
    { is: 'of a length', head: 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx' },
  ])('takes a body $is that does not end in time for no answer', async ({ head }) => {
    const port = await speak((socket) => void socket.write(head));
    const answered = await exchange({ host: '127.0.0.1', port, path: '/', timeoutMs: 200 }, signal);
    expect(answered).toMatchObject({ ok: false, error: { kind: 'mute' } });
    const left = exchange({ host: '127.0.0.1', port, path: '/' }, AbortSignal.timeout(200));
    expect(await left).toMatchObject({ ok: false, error: { kind: 'cancelled' } });
  });

  it('reads no more than it was allowed to of a body without end', async () => {
    let written = 0;
    const port = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536;
      };
      response.on('drain', more);
      more();
    });
    const answered = await exchange({ host: '127.0.0.1', port, path: '/', maxBytes: 1000 }, signal);
    expect(answered).toMatchObject({ ok: true, value: { truncated: true, body: 'x'.repeat(1000) } });
    expect(written).toBeLessThan(50_000_000);
  });

  it('gives up on a server that accepts and says nothing', async () => {
    const port = await speak(() => {});
    const answered = await exchange({ host: '127.0.0.1', port, path: '/', timeoutMs: 150.5 }, signal);
    expect(answered).toMatchObject({ ok: false, error: { kind: 'mute' } });
  });

  it('gives up on a body that drips', async () => {
    const port = await serve((_, response) => {
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const answered = await exchange({ host: '127.0.0.1', port, path: '/', timeoutMs: 200 }, signal);
    expect(answered).toMatchObject({ ok: false, error: { kind: 'mute' } });
  });

  it('tells a closed port from one that speaks no HTTP', async () => {
    const port = await speak((socket) => socket.end('SSH-2.0-hello\r\n'));
    expect(await exchange({ host: '127.0.0.1', port, path: '/' }, signal)).toMatchObject({
      ok: false,
      error: { kind: 'garbled' },
    });
    expect(await exchange({ host: '127.0.0.1', port: 1, path: '/' }, signal)).toMatchObject({
      ok: false,
      error: { kind: 'refused' },
    });
  });

  it('ends with its signal', async () => {
    const port = await speak(() => {});
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const answered = await exchange({ host: '127.0.0.1', port, path: '/' }, controller.signal);
    expect(answered).toMatchObject({ ok: false, error: { kind: 'cancelled' } });
  });
});
