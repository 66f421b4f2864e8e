/** Containers that end before they answer, on a real engine. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ContainerEngine } from '../../src/engine/engine.ts';
import { awaitReadiness } from '../../src/smoke/readiness.ts';
import { engineRig, patience, valueOf } from '../rig/engine.ts';
import type { EngineRig } from '../rig/engine.ts';

/** What the kernel takes to give up an address of its own network at which nobody is. */
const kernelGivesUpMs = 2900;

let rig: EngineRig;
beforeAll(async () => {
  rig = await engineRig('classic');
});
afterAll(() => rig?.[Symbol.asyncDispose]());

test('an end is told at once, not when its address is given up', async () => {
  const { engine, labels, root } = rig;
  const name = `hubwright-test-readiness-${process.pid}`;
  const network = valueOf(await engine.createNetwork(name, { internal: true, labels }, patience()));
  try {
    const spec = { image: root, cmd: ['/bin/sh', '-c', 'exit 7'], env: {}, labels, mounts: [] };
    const id = valueOf(await engine.createContainer({ ...spec, network: network.name }, patience()));
    valueOf(await engine.startContainer(id, patience()));
    valueOf(await engine.waitContainer(id, patience()));
    const nobody = network.gateway.replace(/\d+$/, '77');
    const goal = { port: 8888, path: '/', budgetMs: 60_000, accepts: () => true };
    const began = performance.now();
    const readiness = valueOf(await awaitReadiness(engine, id, nobody, goal, patience()));
    expect(readiness).toMatchObject({ kind: 'ended', exitCode: 7 });
    expect(performance.now() - began).toBeLessThan(kernelGivesUpMs);
    await engine.removeContainer(id, patience());
  } finally {
    await engine.removeNetwork(network.name, patience());
  }
});

/** A port at which everybody gets these bytes. */
async function answering(bytes: string): Promise<{ readonly port: number } & Disposable> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // What listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => server.close() };
}

test.each([
  [
    'a wrong answer of the server itself',
    true,
    'HTTP/1.1 404 Not Found\r\nx-hub: 5\r\ncontent-length: 0\r\n\r\n',
  ],
  ['something that is no HTTP', true, '\u0015\u0003\u0003\u0000\u0002\u0002F'],
  ['an answer of somebody else', false, 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n'],
])("%s is a server's last word: %j", async (_what, settles, bytes) => {
  const { engine, labels, root } = rig;
  const spec = { image: root, cmd: ['/bin/sh', '-c', 'sleep 60'], env: {}, labels, mounts: [] };
  const id = valueOf(await engine.createContainer(spec, patience()));
  try {
    valueOf(await engine.startContainer(id, patience()));
    using server = await answering(bytes);
    const goal = {
      port: server.port,
      path: '/',
      budgetMs: 4000,
      accepts: ({ status }: { readonly status: number }) => status === 200,
      recognizes: ({ headers }: { readonly headers: Readonly<Record<string, unknown>> }) =>
        'x-hub' in headers,
      settledMs: 500,
    };
    const readiness = valueOf(await awaitReadiness(engine, id, '127.0.0.1', goal, patience()));
    expect(readiness.kind).toBe('not-ready');
    expect(readiness.afterMs < 3000).toBe(settles);
  } finally {
    await engine.removeContainer(id, patience());
  }
});

test('one that ends as its time does has ended, and is not merely late', async () => {
  const { engine, labels, root } = rig;
  const spec = { image: root, cmd: ['/bin/sh', '-c', 'sleep 0.2; exit 3'], env: {}, labels, mounts: [] };
  const id = valueOf(await engine.createContainer(spec, patience()));
  try {
    valueOf(await engine.startContainer(id, patience()));
    let looks = 0;
    const late: ContainerEngine = {
      ...engine,
      // News of the end comes by neither way before the last look.
      waitContainer: (_id, signal) => once(signal, 'abort').then(() => engine.waitContainer(id, signal)),
      async inspectContainer(_id, signal) {
        looks += 1;
        if (looks > 1) valueOf(await engine.waitContainer(id, signal));
        return engine.inspectContainer(id, signal);
      },
    };
    // Shorter than the time between two looks.
    const goal = { port: 1, path: '/', budgetMs: 300, accepts: () => true };
    const readiness = valueOf(await awaitReadiness(late, id, '127.0.0.1', goal, patience()));
    expect(readiness).toMatchObject({ kind: 'ended', exitCode: 3 });
  } finally {
    await engine.removeContainer(id, patience());
  }
});
