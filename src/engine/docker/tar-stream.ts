/**
 * Walks a whole tar archive (POSIX.1-2001 ustar, with pax and GNU extension headers) as it streams by: a root file
 * system of gigabytes passes through a few buffers. tar-file.ts reads the small archives.
 */
import type { TreeEntry, TreeKind } from '../tree.ts';
import { MalformedReply } from './errors.ts';

const blockLength = 512;
/** A path and a link's target, each some kilobytes at the most; file systems allow four. */
const longestExtension = 1024 * 1024;

/** One thing in the archive; what is not read of `content` before the next is asked for is passed over. */
export interface TarEntry extends TreeEntry {
  readonly content: AsyncIterable<Buffer>;
}

/** The archive's entries in their order. Throws MalformedReply where it breaks off. */
export async function* tarEntries(body: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const source = new ByteSource(body);
  let extension: Extension = {};
  for (;;) {
    const header = await source.read(blockLength);
    if (header.every((byte) => byte === 0)) return;
    const type = textOf(header, 156, 1);
    const size = extension.size ?? numberOf(header, 124, 12);
    const padding = (blockLength - (size % blockLength)) % blockLength;
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > longestExtension) throw new MalformedReply('the archive holds a name without end');
      const data = await source.read(size);
      await source.skip(padding);
      if (type !== 'g') extension = { ...extension, ...extensionOf(type, data) };
      continue;
    }
    const content = source.part(size);
    yield { ...entryOf(header, type, size, extension), content };
    extension = {};
    await source.endPart();
    await source.skip(padding);
  }
}

interface Extension {
  readonly path?: string;
  readonly target?: string;
  readonly size?: number;
  readonly uid?: number;
  readonly gid?: number;
}

function entryOf(header: Buffer, type: string, size: number, extension: Extension): TreeEntry {
  const prefix = textOf(header, 257, 5) === 'ustar' ? textOf(header, 345, 155) : '';
  const name = extension.path ?? (prefix === '' ? '' : `${prefix}/`) + textOf(header, 0, 100);
  const target = extension.target ?? textOf(header, 157, 100);
  const kind = kinds[type] ?? 'other';
  return {
    path: name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, ''),
    kind,
    mode: numberOf(header, 100, 8) & 0o7777,
    uid: extension.uid ?? numberOf(header, 108, 8),
    gid: extension.gid ?? numberOf(header, 116, 8),
    size: kind === 'file' ? size : 0,
    target: kind === 'link' || kind === 'symlink' ? target : '',
  };
}

const kinds: Readonly<Record<string, TreeKind>> = {
  '': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '5': 'directory',
};

function extensionOf(type: string, data: Buffer): Extension {
  if (type === 'L') return { path: untilZero(data) };
  if (type === 'K') return { target: untilZero(data) };
  const records = paxRecords(data);
  const numbers = { size: records.get('size'), uid: records.get('uid'), gid: records.get('gid') };
  const path = records.get('path');
  const target = records.get('linkpath');
  return {
    ...(path === undefined ? {} : { path }),
    ...(target === undefined ? {} : { target }),
    ...Object.fromEntries(
      Object.entries(numbers).flatMap(([name, text]) => (text === undefined ? [] : [[name, Number(text)]])),
    ),
  };
}

/** `LENGTH NAME=VALUE\n`, one after the other; the length counts the whole record. */
function paxRecords(data: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(0x20, at);
    const length = Number(data.toString('latin1', at, space));
    if (space < 0 || !Number.isInteger(length) || length < 1) break;
    const record = data.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

function untilZero(data: Buffer): string {
  const end = data.indexOf(0);
  return data.toString('utf8', 0, end < 0 ? data.length : end);
}

function textOf(header: Buffer, start: number, length: number): string {
  return untilZero(header.subarray(start, start + length));
}

/** Octal digits, or, where a number does not fit into those, its bytes behind a first one of 128 (GNU). */
function numberOf(header: Buffer, start: number, length: number): number {
  if ((header[start] ?? 0) < 0x80) return Number.parseInt(textOf(header, start, length), 8) || 0;
  return header.subarray(start + 1, start + length).reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Bytes by number out of a stream of chunks; chunks are handed on as they came, never put together. */
class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Buffer = Buffer.alloc(0);
  /** What is left of the part that was handed out. */
  #left = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** At most `length` bytes, at least one. */
  async #some(length: number): Promise<Buffer> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) throw new MalformedReply('the archive from the engine ends too early');
      this.#chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
    const piece = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(piece.length);
    return piece;
  }

  async read(length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = length; left > 0;) {
      const piece = await this.#some(left);
      pieces.push(piece);
      left -= piece.length;
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.#some(left)).length;
  }

  /** The next `length` bytes; `endPart` passes over what of them nobody reads. */
  part(length: number): AsyncIterable<Buffer> {
    this.#left = length;
    return this.#pieces();
  }

  async *#pieces(): AsyncGenerator<Buffer> {
    while (this.#left > 0) {
      const piece = await this.#some(this.#left);
      this.#left -= piece.length;
      yield piece;
    }
  }

  async endPart(): Promise<void> {
    await this.skip(this.#left);
    this.#left = 0;
  }
}
