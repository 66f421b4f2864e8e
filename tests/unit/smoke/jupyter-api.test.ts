import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { askServer } from '../../../src/hub/jupyter-api.ts';

const { signal } = new AbortController();

/** A server that notes what it is asked (`POST /user/x/api/kernels`). */
async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  return {
    seen,
    address: { host: '127.0.0.1', port, servicePrefix: '/user/x/', token: 'secret' },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const missing = `{"message": "'_xsrf' argument missing from POST", "reason": null}`;

test('a server that wants a page’s proof even with a token is given it', async () => {
  await using server = await listening((request, response) => {
    if (request.method === 'GET') return response.setHeader('set-cookie', '_xsrf=2|abc; Path=/user/x/').end();
    const proven =
      request.headers['x-xsrftoken'] === '2|abc' && request.headers.cookie?.includes('_xsrf=2|abc');
    return response.writeHead(proven === true ? 201 : 403).end(proven === true ? '{}' : missing);
  });
  const answered = await askServer(server.address, { method: 'POST', api: 'api/kernels', body: {} }, signal);
  expect(answered).toMatchObject({ ok: true, value: { status: 201 } });
  expect(server.seen).toEqual(['POST /user/x/api/kernels', 'GET /user/x/lab', 'POST /user/x/api/kernels']);
});

test('a refusal for another reason stays one, and is not asked about twice', async () => {
  await using server = await listening((_request, response) =>
    response.writeHead(403).end('{"message": "Forbidden"}'),
  );
  const answered = await askServer(server.address, { method: 'POST', api: 'api/kernels', body: {} }, signal);
  expect(answered).toMatchObject({ ok: true, value: { status: 403 } });
  expect(server.seen).toEqual(['POST /user/x/api/kernels']);
});

test('a server that hands out no proof is left with its refusal', async () => {
  await using server = await listening((request, response) =>
    request.method === 'GET' ? response.end() : response.writeHead(403).end(missing),
  );
  const answered = await askServer(server.address, { method: 'DELETE', api: 'api/kernels/1' }, signal);
  expect(answered).toMatchObject({ ok: true, value: { status: 403 } });
});
