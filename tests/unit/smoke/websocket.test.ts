import type { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { openWebSocket } from '../../../src/smoke/websocket.ts';
import type { WebSocketLink } from '../../../src/smoke/websocket.ts';
import { clientText, serverFrame, WebSocketRig } from '../../rig/websocket-server.ts';

const { signal } = new AbortController();
const soonMs = 2000;

function target(rig: WebSocketRig): { host: string; port: number; path: string } {
  return { host: '127.0.0.1', port: rig.port, path: '/channels' };
}

async function linkTo(rig: WebSocketRig, own: AbortSignal = signal): Promise<WebSocketLink> {
  const shaken = await openWebSocket(target(rig), own);
  if (!shaken.ok || shaken.value.kind !== 'open') throw new Error(JSON.stringify(shaken));
  return shaken.value.link;
}

const flood = (socket: Duplex): void => {
  const frame = serverFrame('x'.repeat(1024 * 1024));
  const pour = (): void => {
    while (!socket.destroyed && socket.write(frame));
    socket.once('drain', pour);
  };
  pour();
};

const echo = (socket: Duplex): void => {
  socket.on('data', (frame: Buffer) => {
    const answer = serverFrame(`heard ${clientText(frame)}`);
    for (const byte of answer) socket.write(Buffer.from([byte]));
    socket.write(Buffer.concat([serverFrame('one ', 1, false), serverFrame('two', 0)]));
  });
};

it('carries texts both ways, whatever pieces they arrive in', async () => {
  await using rig = await WebSocketRig.listen({ onOpen: echo });
  using link = await linkTo(rig);
  link.send('grüße');
  expect(await link.receive(soonMs)).toBe('heard grüße');
  expect(await link.receive(soonMs)).toBe('one two');
  expect(await link.receive(20)).toBeUndefined();
  expect(link.open).toBe(true);
});

it('answers a ping with what it held', async () => {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const ping = (socket: Duplex): void => {
    socket.on('data', resolve);
    socket.write(serverFrame('alive?', 9));
  };
  await using rig = await WebSocketRig.listen({ onOpen: ping });
  using link = await linkTo(rig);
  const pong = await promise;
  expect((pong[0] ?? 0) & 0x0f).toBe(10);
  expect(clientText(pong)).toBe('alive?');
  expect(link.open).toBe(true);
});

it('tells a refusal with its status', async () => {
  await using rig = await WebSocketRig.listen({ refuse: 403 });
  expect(await openWebSocket(target(rig), signal)).toEqual({
    ok: true,
    value: { kind: 'refused', status: 403 },
  });
});

it('takes a handshake with a foreign key for none', async () => {
  await using rig = await WebSocketRig.listen({ key: 'another' });
  expect(await openWebSocket(target(rig), signal)).toMatchObject({ ok: false, error: { kind: 'garbled' } });
});

it('tells that nobody listens', async () => {
  const rig = await WebSocketRig.listen({});
  const where = target(rig);
  await rig[Symbol.asyncDispose]();
  expect(await openWebSocket(where, signal)).toMatchObject({ ok: false, error: { kind: 'refused' } });
});

it('cuts a flood instead of keeping it', async () => {
  await using rig = await WebSocketRig.listen({ onOpen: flood });
  using link = await linkTo(rig);
  await expect.poll(() => link.open).toBe(false);
});

it('ends with the server, and with our own signal', async () => {
  await using rig = await WebSocketRig.listen({ onOpen: (socket) => socket.write(serverFrame('', 8)) });
  using closed = await linkTo(rig);
  expect(await closed.receive(soonMs)).toBeUndefined();
  expect(closed.open).toBe(false);

  await using quiet = await WebSocketRig.listen({});
  const controller = new AbortController();
  using link = await linkTo(quiet, controller.signal);
  const waiting = link.receive(60_000);
  controller.abort();
  expect(await waiting).toBeUndefined();
});
