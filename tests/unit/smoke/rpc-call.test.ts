/** One RPC call over TCP: what a server may answer, well-formed or not. */
import { describe, expect, test } from 'vitest';
import { callRpc } from '../../../src/smoke/nfs/rpc-call.ts';
import { XdrReader, XdrWriter } from '../../../src/smoke/nfs/xdr.ts';
import { accepted, fragment, RpcServer, words } from '../../rig/rpc-server.ts';
import type { RpcAnswer } from '../../rig/rpc-server.ts';

const { signal } = new AbortController();
const question = {
  program: 100_003,
  version: 4,
  procedure: 1,
  user: { uid: 7, gid: 8 },
  body: new XdrWriter().opaque('body').finish(),
};

async function ask(answer: RpcAnswer, own = signal) {
  await using server = await RpcServer.listen(answer);
  const answered = await callRpc(server.target, question, own);
  return { answered, calls: server.calls };
}

describe('a call', () => {
  test('carries the program, the user and the body, and brings what follows the header', async () => {
    const { answered, calls } = await ask((call, socket) =>
      socket.write(fragment(accepted(call, words(42)))),
    );
    expect(answered.ok && answered.value.word()).toBe(42);
    const call = new XdrReader(calls[0] ?? Buffer.alloc(0));
    call.word();
    expect([call.word(), call.word(), call.word(), call.word(), call.word()]).toEqual([0, 2, 100_003, 4, 1]);
    expect(call.word()).toBe(1);
    const user = new XdrReader(call.opaque());
    user.word();
    expect([user.text(), user.word(), user.word(), user.words()]).toEqual(['hubwright', 7, 8, []]);
    expect([call.word(), call.text(), call.text()]).toEqual([0, '', 'body']);
  });

  test('is put together from fragments that come in pieces', async () => {
    const { answered } = await ask((call, socket) => {
      const reply = accepted(call, words(1, 2));
      const bytes = Buffer.concat([
        fragment(reply.subarray(0, 10), false),
        fragment(Buffer.alloc(0), false),
        fragment(reply.subarray(10)),
      ]);
      socket.write(bytes.subarray(0, 15));
      setTimeout(() => socket.write(bytes.subarray(15)), 20);
    });
    expect(answered.ok && [answered.value.word(), answered.value.word()]).toEqual([1, 2]);
  });

  test.each<[string, RpcAnswer, string, string]>([
    [
      'of a version that the server lacks',
      (call, socket) =>
        socket.write(fragment(Buffer.concat([call.subarray(0, 4), words(1, 0, 0, 0, 2, 3, 3)]))),
      'mismatch',
      'versions 3 to 3',
    ],
    [
      'to a server of something else',
      (_, socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      'broken',
      'longer than we read',
    ],
    ['that is answered by a call', (call, socket) => socket.write(fragment(call)), 'broken', 'no RPC reply'],
    [
      'whose answer ends too early',
      (_, socket) => socket.write(fragment(words(1, 1))),
      'broken',
      'ends too early',
    ],
    ['that is hung up on', (_, socket) => socket.end(), 'broken', 'was closed'],
  ])('%s is trouble', async (_, answer, kind, message) => {
    const { answered } = await ask(answer);
    expect(answered.ok ? undefined : answered.error).toEqual({
      kind,
      message: expect.stringContaining(message),
    });
  });

  test('to a port where nobody listens is refused', async () => {
    const server = await RpcServer.listen(() => {});
    const { target } = server;
    await server[Symbol.asyncDispose]();
    expect(await callRpc(target, question, signal)).toEqual({
      ok: false,
      error: { kind: 'refused', message: 'connection refused' },
    });
  });

  test('can be cancelled', async () => {
    const { answered } = await ask(() => {}, AbortSignal.timeout(30));
    expect(answered).toEqual({ ok: false, error: { kind: 'cancelled', message: 'cancelled' } });
  });
});

describe('XDR', () => {
  test('pads to four bytes, and reads what it wrote', () => {
    const bytes = new XdrWriter().opaque('abcde').long(5_000_000_000n).words([1, 2]).fixed(Buffer.of(9));
    const reader = new XdrReader(bytes.finish());
    expect(bytes.finish().length).toBe(4 + 8 + 8 + 12 + 4);
    expect([reader.text(), reader.long(), reader.words(), [...reader.fixed(1)]]).toEqual([
      'abcde',
      5_000_000_000n,
      [1, 2],
      [9],
    ]);
  });

  test('believes no length that is longer than the message', () => {
    expect(() => new XdrReader(words(0xffff_ffff)).opaque()).toThrow(RangeError);
    expect(() => new XdrReader(words(0xffff_ffff)).words()).toThrow(RangeError);
  });
});
