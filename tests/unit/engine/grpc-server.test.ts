import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { grpcCalls, type CallEnd, type GrpcCalls } from '../../../src/engine/docker/grpc-calls.ts';
import { CallFailure, grpcStatus, serveGrpc } from '../../../src/engine/docker/grpc-server.ts';
import type { Handler } from '../../../src/engine/docker/grpc-server.ts';

const opened: (Disposable | AsyncDisposable)[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) {
    if (Symbol.dispose in one) one[Symbol.dispose]();
    else await one[Symbol.asyncDispose]();
  }
});

/** Both ends of one connection. */
async function socketPair(): Promise<[Socket, Socket]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-grpc-'));
  const listener = createServer().listen(path.join(folder, 'socket'));
  await once(listener, 'listening');
  const near = connect(path.join(folder, 'socket'));
  // The listener's own event, which carries the connection.
  const [far] = (await once(listener, 'connection')) as [Socket];
  listener.close();
  await rm(folder, { recursive: true });
  return [near, far];
}

/** A connection on whose far end `/s/M` is answered. */
async function connected(handler: Handler): Promise<{ calls: GrpcCalls; server: AsyncDisposable }> {
  const [near, far] = await socketPair();
  const calls = grpcCalls(near);
  const server = await serveGrpc(far, new Map([['/s/M', handler]]));
  opened.push(calls, server);
  return { calls, server };
}

async function outcome(
  calls: GrpcCalls,
  request: string,
  method = '/s/M',
  signal = AbortSignal.timeout(10_000),
): Promise<{ messages: Buffer[]; end: CallEnd }> {
  const answer = calls.call(method, Buffer.from(request), signal);
  const messages: Buffer[] = [];
  for (;;) {
    const next = await answer.next();
    if (next.done === true) return { messages, end: next.value };
    messages.push(next.value);
  }
}

const echo: Handler = async ({ messages, send }) => {
  for await (const message of messages) await send(message);
};

const endless: Handler = async ({ signal, send }) => {
  while (!signal.aborted) await send(Buffer.alloc(100_000));
};

describe('calls that we answer', () => {
  test('get their answer, many at once', async () => {
    const { calls } = await connected(echo);
    const texts = ['one', '', 'ä'.repeat(300_000), 'last'];
    const answers = await Promise.all(texts.map((text) => outcome(calls, text)));
    expect(answers.map(({ messages }) => messages.map(String))).toEqual(texts.map((text) => [text]));
    expect(answers.map(({ end }) => end.status)).toEqual([0, 0, 0, 0]);
  });

  test('get far more than the connection takes at once', async () => {
    const piece = Buffer.alloc(256 * 1024, 'x');
    const { calls } = await connected(async ({ send }) => {
      for (let sent = 0; sent < 20; sent += 1) await send(piece);
    });
    const { messages, end } = await outcome(calls, '');
    expect(messages.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => piece.length));
    expect(end.status).toBe(0);
  });

  test('are told how they failed, whatever the words', async () => {
    const { calls } = await connected(async ({ send }) => {
      await send(Buffer.from('so far'));
      throw new CallFailure(grpcStatus.notFound, 'nö: 100 %\n');
    });
    const { messages, end } = await outcome(calls, 'x');
    expect(messages.map(String)).toEqual(['so far']);
    expect(end).toEqual({ status: 5, message: 'nö: 100 %\n' });
  });

  test('end with what was thrown, and others go on', async () => {
    const { calls } = await connected(async (call) => {
      if (call.headers['content-type'] !== 'application/grpc') throw new Error('no headers');
      for await (const message of call.messages) {
        if (String(message) === 'bad') throw new Error('a bug');
        await call.send(message);
      }
    });
    expect((await outcome(calls, 'bad')).end).toEqual({ status: grpcStatus.internal, message: 'a bug' });
    expect((await outcome(calls, 'good')).messages.map(String)).toEqual(['good']);
  });

  test('of methods that nobody offers are told so, and others go on', async () => {
    const { calls } = await connected(echo);
    expect((await outcome(calls, 'x'.repeat(200_000), '/s/Other')).end.status).toBe(12);
    expect((await outcome(calls, 'x')).end.status).toBe(0);
  });

  test('that are given up end their signal', async () => {
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const { calls } = await connected(async ({ signal }) => {
      signal.addEventListener('abort', () => ended.resolve());
      begun.resolve();
      await ended.promise;
    });
    const giveUp = new AbortController();
    const answer = outcome(calls, 'x', '/s/M', giveUp.signal);
    await begun.promise;
    giveUp.abort();
    await expect(answer).rejects.toThrow('abort');
    await ended.promise;
  });

  test('end with their connection, whichever side ends it', async () => {
    for (const side of ['near', 'far']) {
      const { calls, server } = await connected(endless);
      const answer = calls.call('/s/M', Buffer.alloc(0), AbortSignal.timeout(10_000));
      expect((await answer.next()).done).toBe(false);
      if (side === 'near') calls[Symbol.dispose]();
      else await server[Symbol.asyncDispose]();
      await expect(Array.fromAsync(answer)).rejects.toThrow(/./);
    }
  });
});
