import type { Duplex } from 'node:stream';
import { expect, test } from 'vitest';
import { insideReport } from '../../../src/smoke/inside-report.ts';
import { openKernel } from '../../../src/smoke/kernel-session.ts';
import { WebSocketRig } from '../../rig/websocket-server.ts';

const { signal } = new AbortController();
const python = { spec: { argv: ['/usr/bin/python3', '-m', 'ipykernel'], language: 'python' } };

test.each([
  { is: 'that does not answer is asked once, however many want to know', react: () => {}, kernels: 1 },
  {
    is: 'that died is asked again, since another may live',
    react: (socket: Duplex) => void socket.once('data', () => socket.destroy()),
    kernels: 3,
  },
])('a kernel $is', async ({ react, kernels }) => {
  let started = 0;
  await using rig = await WebSocketRig.listen({
    onOpen: react,
    onRequest(request, response) {
      const specs = request.url?.endsWith('/api/kernelspecs') === true;
      if (!specs) started += 1;
      response.writeHead(specs ? 200 : 201);
      response.end(JSON.stringify(specs ? { kernelspecs: { python3: python } } : { id: `k${started}` }));
    },
  });
  const server = { host: '127.0.0.1', port: rig.port, servicePrefix: '/user/ada/', token: 't' };
  // As a pod does: a fresh one after one that died or hangs.
  const pod = { kernel: (own: AbortSignal) => openKernel(server, own) };
  for (let asked = 0; asked < 3; asked += 1) {
    expect((await insideReport(pod, 50, signal))?.report).toBeUndefined();
  }
  expect(started).toBe(kernels);
});
