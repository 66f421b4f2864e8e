/**
 * One call of an ONC RPC program over TCP (RFC 5531), bounded in time and in bytes, trouble as a value.
 * It opens a connection for each call, and knows nothing of NFS but its name in messages.
 */
import { connect } from 'node:net';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import { XdrReader, XdrWriter } from './xdr.ts';

export interface RpcTarget {
  readonly host: string;
  readonly port: number;
}

/** Whom the caller says that he is (AUTH_SYS). The server believes it, or makes somebody else of him. */
export interface RpcUser {
  readonly uid: number;
  readonly gid: number;
}

export interface RpcQuestion {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly user: RpcUser;
  readonly body: Buffer;
}

export interface RpcTrouble {
  /** `refused`: nobody listens. `broken`: no RPC, or broken off. `mismatch`: another program or version. */
  readonly kind: 'refused' | 'mute' | 'broken' | 'mismatch' | 'cancelled';
  readonly message: string;
}

const timeoutMs = 10_000;
const maxBytes = 1024 * 1024;
const lastFragment = 0x8000_0000;
const call = 0;
const rpcVersion = 2;
const authNone = 0;
const authSys = 1;

/** Asks once and answers what follows the reply's header. */
export async function callRpc(
  target: RpcTarget,
  question: RpcQuestion,
  signal: AbortSignal,
): Promise<Result<XdrReader, RpcTrouble>> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    const reply = await converse(target, callMessage(question), AbortSignal.any([signal, deadline]));
    return readReply(new XdrReader(reply));
  } catch (error) {
    if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
    if (deadline.aborted) return err({ kind: 'mute', message: `no answer within ${timeoutMs / 1000} s` });
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ECONNREFUSED') return err({ kind: 'refused', message: 'connection refused' });
    return err({ kind: 'broken', message: error instanceof Error ? error.message : String(error) });
  }
}

function callMessage({ program, version, procedure, user, body }: RpcQuestion): Buffer {
  const credentials = new XdrWriter()
    .word(0)
    .opaque('hubwright')
    .word(user.uid)
    .word(user.gid)
    .words([])
    .finish();
  const text = new XdrWriter()
    .word(1)
    .word(call)
    .word(rpcVersion)
    .word(program)
    .word(version)
    .word(procedure)
    .word(authSys)
    .opaque(credentials)
    .word(authNone)
    .opaque('')
    .fixed(body)
    .finish();
  return Buffer.concat([new XdrWriter().word(lastFragment + text.length).finish(), text]);
}

/** Sends the message and reads one record, which may come in several fragments. */
function converse(target: RpcTarget, text: Buffer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, signal });
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection was closed before the answer was complete')));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const record = recordOf(received);
      if (record === 'incomplete') return;
      if (record === 'too-long') reject(new Error('the answer is longer than we read'));
      else resolve(record);
      socket.destroy();
    });
    socket.write(text);
  });
}

/** The fragments' bytes once the last one is complete. What speaks no RPC announces absurd lengths. */
function recordOf(received: Buffer): Buffer | 'incomplete' | 'too-long' {
  const fragments: Buffer[] = [];
  let at = 0;
  while (at + 4 <= received.length) {
    const mark = received.readUInt32BE(at);
    const end = at + 4 + (mark % lastFragment);
    if (end > maxBytes) return 'too-long';
    if (end > received.length) return 'incomplete';
    fragments.push(received.subarray(at + 4, end));
    if (mark >= lastFragment) return Buffer.concat(fragments);
    at = end;
  }
  return 'incomplete';
}

function readReply(reader: XdrReader): Result<XdrReader, RpcTrouble> {
  reader.word();
  if (reader.word() !== 1) return err({ kind: 'broken', message: 'the answer is no RPC reply' });
  if (reader.word() !== 0) return err({ kind: 'mismatch', message: 'the server refused the credentials' });
  reader.word();
  reader.opaque();
  const status = reader.word();
  if (status === 0) return ok(reader);
  if (status === 2) {
    const message = `the server speaks versions ${reader.word()} to ${reader.word()}`;
    return err({ kind: 'mismatch', message });
  }
  return err({ kind: 'mismatch', message: `the server does not know the program (accept status ${status})` });
}
