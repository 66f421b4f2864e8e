/**
 * The sending side of one DiffCopy call: descriptions, then contents on request, then the goodbye.
 * What is sent is context-sync.ts's part.
 */
import { once } from 'node:events';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import pLimit from 'p-limit';
import type { FileTree } from './context-sync.ts';
import { isRegularFile } from './context-sync.ts';
import { packetType } from './session-protocol.ts';
import type { FileStat, Packet } from './session-protocol.ts';

export type DiffCopyCall = ServerDuplexStream<Packet, Packet>;

/** As many files at once as fsutil's own sender has on the way. */
const filesAtOnce = 4;

/**
 * Serves one call from beginning to end. Trouble with the files is told to the engine (which then
 * fails the build) and to `onTrouble`.
 */
export function serveDiffCopy(call: DiffCopyCall, tree: FileTree, onTrouble: (cause: unknown) => void): void {
  const ended = new AbortController();
  const limit = pLimit(filesAtOnce);
  const send = (packet: Packet): Promise<void> => write(call, packet, ended.signal);

  const guard = (work: Promise<void>): void => {
    work.catch((cause: unknown) => {
      if (ended.signal.aborted) return;
      ended.abort();
      onTrouble(cause);
      const message = cause instanceof Error ? cause.message : String(cause);
      call.write({ type: packetType.error, data: Buffer.from(message) });
      call.end();
    });
  };

  call.on('cancelled', () => ended.abort());
  call.on('error', () => ended.abort());
  call.on('data', (packet: Packet) => {
    if (packet.type === packetType.request) {
      const id = packet.ID ?? 0;
      guard(limit(() => sendFile(tree, id, send, ended.signal)));
    } else if (packet.type === packetType.finish) {
      call.write({ type: packetType.finish });
      call.end();
    } else if (packet.type === packetType.error) {
      ended.abort();
      call.end();
    }
  });
  guard(sendStats(tree, send, ended.signal));
}

async function sendStats(
  tree: FileTree,
  send: (packet: Packet) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (const stat of tree.stats) {
    await tree.check(stat, signal);
    await send({ type: packetType.stat, stat });
  }
  await send({ type: packetType.stat });
}

async function sendFile(
  tree: FileTree,
  id: number,
  send: (packet: Packet) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const stat: FileStat | undefined = tree.stats[id];
  if (stat === undefined || !isRegularFile(stat)) throw new Error(`the engine requested entry ${id}`);
  for await (const data of tree.read(stat.path, signal)) await send({ type: packetType.data, ID: id, data });
  await send({ type: packetType.data, ID: id });
}

async function write(call: DiffCopyCall, packet: Packet, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (!call.write(packet)) await once(call, 'drain', { signal });
}
