/**
 * The sending side of one DiffCopy call: descriptions, then contents on request, then the goodbye.
 * What is sent is context-sync.ts's part.
 */
import pLimit from 'p-limit';
import type { FileTree } from './context-sync.ts';
import { isRegularFile } from './context-sync.ts';
import type { ServedCall } from './grpc-server.ts';
import { decodePacket, encodePacket, packetType } from './session-protocol.ts';
import type { FileStat, Packet } from './session-protocol.ts';

/** As many files at once as fsutil's own sender has on the way. */
const filesAtOnce = 4;

/**
 * Serves one call from beginning to end. Trouble with the files is told to the engine (which then
 * fails the build) and to `onTrouble`.
 */
export async function serveDiffCopy(
  call: ServedCall,
  tree: FileTree,
  onTrouble: (cause: unknown) => void,
): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([call.signal, ended.signal]);
  const limit = pLimit(filesAtOnce);
  const trouble = Promise.withResolvers<never>();
  const send = async (packet: Packet): Promise<void> => {
    signal.throwIfAborted();
    await call.send(encodePacket(packet));
  };
  const answerRequests = async (): Promise<void> => {
    for await (const message of call.messages) {
      const { type, ID } = decodePacket(message);
      if (type === packetType.request) limit(() => sendFile(tree, ID, send, signal)).catch(trouble.reject);
      else if (type === packetType.finish) return await send({ type: packetType.finish });
      else if (type === packetType.error) return;
    }
  };
  sendStats(tree, send, signal).catch(trouble.reject);
  try {
    await Promise.race([answerRequests(), trouble.promise]);
  } catch (cause) {
    if (call.signal.aborted) return;
    onTrouble(cause);
    const message = cause instanceof Error ? cause.message : String(cause);
    await send({ type: packetType.error, data: Buffer.from(message) });
  } finally {
    ended.abort();
  }
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
