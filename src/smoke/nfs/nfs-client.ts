/**
 * A client of NFS 4.0 (RFC 7530) that needs no mount and no privilege: it lists, reads, writes, removes and
 * looks at owners, as whatever user it claims to be. Each question is one COMPOUND that walks from the root.
 * It keeps no file open and no connection, and judges nothing.
 */
import { randomBytes } from 'node:crypto';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import { statusName } from './nfs-status.ts';
import { callRpc } from './rpc-call.ts';
import type { RpcTarget, RpcTrouble, RpcUser } from './rpc-call.ts';
import { XdrReader, XdrWriter } from './xdr.ts';

export interface NfsAttributes {
  readonly mode: number;
  /** A number, or a name of the server's domain. */
  readonly owner: string;
  readonly group: string;
}

/** `denied` where the server answered and said no; `status` is NFS's name for it. */
export type NfsTrouble = RpcTrouble | { readonly kind: 'denied'; readonly message: string };

type Answer<T> = Promise<Result<T, NfsTrouble>>;

export const nfsPort = 2049;
const program = 100_003;
const version = 4;
const operations = {
  close: 4,
  create: 6,
  getAttributes: 9,
  getHandle: 10,
  lookup: 15,
  open: 18,
  openConfirm: 20,
  putHandle: 22,
  putRootHandle: 24,
  read: 25,
  readFolder: 26,
  remove: 28,
  setClient: 35,
  confirmClient: 36,
  write: 38,
} as const;

/** Numbers of attributes; the first word of a bitmap holds 0 to 31, the second 32 to 63. */
const modeBit = 1 << (33 - 32);
const ownerBits = modeBit | (1 << (36 - 32)) | (1 << (37 - 32));
const anyState = Buffer.alloc(16);
const folderType = 2;
const maxFolderBytes = 256 * 1024;

/** One operation: its arguments, and how its result is read where it succeeded. */
interface Operation<T> {
  readonly code: number;
  readonly args: Buffer;
  read(reader: XdrReader): T;
}

export class NfsClient {
  readonly #target: RpcTarget;

  constructor(host: string) {
    this.#target = { host, port: nfsPort };
  }

  /** Whether anybody speaks NFS 4 there; says nothing of exports. */
  async greet(signal: AbortSignal): Promise<Result<void, RpcTrouble>> {
    const question = { program, version, procedure: 0, user: { uid: 0, gid: 0 }, body: Buffer.alloc(0) };
    const answered = await callRpc(this.#target, question, signal);
    return answered.ok ? ok(undefined) : answered;
  }

  /** The names in a folder, as far as one answer holds them. */
  list(user: RpcUser, path: string, signal: AbortSignal): Answer<readonly string[]> {
    const args = new XdrWriter().long(0n).fixed(Buffer.alloc(8)).word(8192).word(maxFolderBytes).words([]);
    return this.#ask(user, path, operation('readFolder', args, readNames), signal);
  }

  attributes(user: RpcUser, path: string, signal: AbortSignal): Answer<NfsAttributes> {
    const args = new XdrWriter().words([0, ownerBits]);
    return this.#ask(user, path, operation('getAttributes', args, readAttributes), signal);
  }

  makeFolder(user: RpcUser, path: string, mode: number, signal: AbortSignal): Answer<void> {
    const { folder, name } = split(path);
    const args = withMode(new XdrWriter().word(folderType).opaque(name), mode);
    return this.#ask(user, folder, operation('create', args, nothing), signal);
  }

  remove(user: RpcUser, path: string, signal: AbortSignal): Answer<void> {
    const { folder, name } = split(path);
    return this.#ask(user, folder, operation('remove', new XdrWriter().opaque(name), nothing), signal);
  }

  /** The first 4 KiB of a file. */
  read(user: RpcUser, path: string, signal: AbortSignal): Answer<string> {
    const args = new XdrWriter().fixed(anyState).long(0n).word(4096);
    const read = operation('read', args, (reader) => {
      reader.word();
      return reader.text();
    });
    return this.#ask(user, path, read, signal);
  }

  /** Makes a file, or overwrites the beginning of one. */
  async write(user: RpcUser, path: string, mode: number, text: string, signal: AbortSignal): Answer<void> {
    const { folder, name } = split(path);
    const client = await this.#introduce(user, signal);
    if (!client.ok) return client;
    const opened = await this.#walk(
      user,
      folder,
      [openToWrite(client.value, name, mode), operation('getHandle', new XdrWriter(), takeHandle)],
      signal,
    );
    if (!opened.ok) return opened;
    const [{ state, confirm }, handle] = opened.value;
    const confirmed = confirm ? await this.#confirm(user, handle, state, signal) : ok(state);
    if (!confirmed.ok) return confirmed;
    const data = new XdrWriter().fixed(confirmed.value).long(0n).word(2).opaque(text);
    const wrote = await this.#at(user, handle, operation('write', data, nothing), signal);
    const last = new XdrWriter().word(confirm ? 2 : 1).fixed(confirmed.value);
    const closed = await this.#at(user, handle, operation('close', last, nothing), signal);
    return wrote.ok ? closed : wrote;
  }

  /** A server hands out open files to clients that it knows alone. */
  async #introduce(user: RpcUser, signal: AbortSignal): Answer<bigint> {
    const args = new XdrWriter()
      .fixed(randomBytes(8))
      .opaque(`hubwright ${randomBytes(8).toString('hex')}`)
      .word(0x4000_0000)
      .opaque('tcp')
      .opaque('0.0.0.0.0.0')
      .word(0);
    const set = operation('setClient', args, (reader) => ({ id: reader.long(), verifier: reader.fixed(8) }));
    const known = await this.#compound(user, [set] as const, signal);
    if (!known.ok) return known;
    const [{ id, verifier }] = known.value;
    const confirm = operation('confirmClient', new XdrWriter().long(id).fixed(verifier), nothing);
    const confirmed = await this.#compound(user, [confirm] as const, signal);
    return confirmed.ok ? ok(id) : confirmed;
  }

  #confirm(user: RpcUser, handle: Buffer, state: Buffer, signal: AbortSignal): Answer<Buffer> {
    const args = new XdrWriter().fixed(state).word(1);
    return this.#at(
      user,
      handle,
      operation('openConfirm', args, (reader) => reader.fixed(16)),
      signal,
    );
  }

  async #ask<T>(user: RpcUser, path: string, last: Operation<T>, signal: AbortSignal): Answer<T> {
    const answered = await this.#walk(user, path, [last] as const, signal);
    return answered.ok ? ok(answered.value[0]) : answered;
  }

  async #at<T>(user: RpcUser, handle: Buffer, last: Operation<T>, signal: AbortSignal): Answer<T> {
    const put = operation('putHandle', new XdrWriter().opaque(handle), nothing);
    const answered = await this.#compound(user, [put, last] as const, signal);
    return answered.ok ? ok(answered.value[1]) : answered;
  }

  /** Walks from the root to `path` and asks there; answers what the last operations brought. */
  async #walk<T extends readonly unknown[]>(
    user: RpcUser,
    path: string,
    last: { readonly [K in keyof T]: Operation<T[K]> },
    signal: AbortSignal,
  ): Answer<T> {
    const steps = path.split('/').filter((name) => name !== '');
    const way = [
      operation('putRootHandle', new XdrWriter(), nothing),
      ...steps.map((name) => operation('lookup', new XdrWriter().opaque(name), nothing)),
    ];
    const answered = await this.#compound<readonly unknown[]>(user, [...way, ...last], signal);
    // What follows the way are the results of `last`, in its order.
    return answered.ok ? ok(answered.value.slice(way.length) as unknown as T) : answered;
  }

  async #compound<T extends readonly unknown[]>(
    user: RpcUser,
    asked: { readonly [K in keyof T]: Operation<T[K]> },
    signal: AbortSignal,
  ): Answer<T> {
    const list: readonly Operation<unknown>[] = asked;
    const body = new XdrWriter().opaque('').word(0).word(list.length);
    for (const { code, args } of list) body.word(code).fixed(args);
    const question = { program, version, procedure: 1, user, body: body.finish() };
    const answered = await callRpc(this.#target, question, signal);
    if (!answered.ok) return answered;
    try {
      // Each operation reads its own result.
      return readResults(answered.value, list) as Result<T, NfsTrouble>;
    } catch (error) {
      if (error instanceof RangeError) return err({ kind: 'broken', message: error.message });
      throw error;
    }
  }
}

function operation<T>(
  name: keyof typeof operations,
  args: XdrWriter,
  read: (reader: XdrReader) => T,
): Operation<T> {
  return { code: operations[name], args: args.finish(), read };
}

function readResults(
  reader: XdrReader,
  asked: readonly Operation<unknown>[],
): Result<readonly unknown[], NfsTrouble> {
  const status = reader.word();
  reader.opaque();
  const count = reader.word();
  const values: unknown[] = [];
  for (const { read } of asked.slice(0, status === 0 ? count : Math.max(count - 1, 0))) {
    reader.word();
    reader.word();
    values.push(read(reader));
  }
  if (status === 0) return ok(values);
  return err({ kind: 'denied', message: statusName(status) });
}

/** For results that say no more than that it was done, or that nobody reads because they come last. */
function nothing(): void {}

function takeHandle(reader: XdrReader): Buffer {
  return reader.opaque();
}

function openToWrite(
  client: bigint,
  name: string,
  mode: number,
): Operation<{ readonly state: Buffer; readonly confirm: boolean }> {
  const writing = 2;
  const args = new XdrWriter().word(0).word(writing).word(0).long(client).opaque('writer');
  // OPEN4_CREATE, UNCHECKED4: a file that is there already is opened. CLAIM_NULL: by its name.
  withMode(args.word(1).word(0), mode).word(0).opaque(name);
  return operation('open', args, (reader) => {
    const state = reader.fixed(16);
    reader.fixed(20);
    const flags = reader.word();
    reader.words();
    // No delegation is handed to a client without a way back, so the rest is one word.
    reader.word();
    return { state, confirm: (flags & 2) !== 0 };
  });
}

/** Appends the attributes of something new. */
function withMode(writer: XdrWriter, mode: number): XdrWriter {
  return writer.words([0, modeBit]).opaque(new XdrWriter().word(mode).finish());
}

function readAttributes(reader: XdrReader): NfsAttributes {
  reader.words();
  const values = new XdrReader(reader.opaque());
  return { mode: values.word(), owner: values.text(), group: values.text() };
}

function readNames(reader: XdrReader): readonly string[] {
  reader.fixed(8);
  const names: string[] = [];
  while (reader.word() === 1) {
    reader.long();
    names.push(reader.text());
    reader.words();
    reader.opaque();
  }
  return names;
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const at = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
}
