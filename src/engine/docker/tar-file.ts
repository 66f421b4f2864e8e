/**
 * The tar archives (POSIX.1-2001 ustar, with pax and GNU extension headers) in which an engine hands out files and
 * takes them: reads the one file that an answer begins with, or the names of all, and writes one folder. Reads no
 * more than needed, and never more than a limit.
 */
import type { FolderEntry, FolderOwner } from '../container.ts';
import { MalformedReply } from './errors.ts';

export type TarFile =
  | { readonly kind: 'file'; readonly mode: number; readonly data: Buffer }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'a directory' }
  | { readonly kind: 'not a regular file' }
  | { readonly kind: 'larger than allowed'; readonly mode: number };

/** Everything in an archive begins at a multiple of this. */
export const blockLength = 512;

/** The first real entry of a tar stream. Throws MalformedReply when the stream ends too early. */
export async function readTarFile(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<TarFile> {
  const reader = new BlockReader(body);
  for (;;) {
    const header = await reader.read(blockLength);
    const size = Number.parseInt(textOf(header, 124, 12), 8) || 0;
    const type = textOf(header, 156, 1);
    if (type === '2') return { kind: 'symlink', target: textOf(header, 157, 100) };
    if (type === '5') return { kind: 'a directory' };
    const extension = type === 'x' || type === 'g' || type === 'L' || type === 'K';
    if (!extension && type !== '0' && type !== '') return { kind: 'not a regular file' };
    const mode = Number.parseInt(textOf(header, 100, 8), 8) || 0;
    if (size > maxBytes && !extension) return { kind: 'larger than allowed', mode };
    const data = await reader.read(extension ? Math.ceil(size / blockLength) * blockLength : size);
    if (!extension) return { kind: 'file', mode, data };
  }
}

/** The names in a tar stream, as far as `maxBytes` of it go. Throws MalformedReply when the stream breaks off. */
export async function readTarNames(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<readonly FolderEntry[]> {
  const reader = new BlockReader(body);
  const entries: FolderEntry[] = [];
  let longName: string | undefined;
  for (let read = 0; read < maxBytes;) {
    const header = await reader.read(blockLength);
    const padded = Math.ceil((Number.parseInt(textOf(header, 124, 12), 8) || 0) / blockLength) * blockLength;
    read += blockLength + padded;
    if (header.every((byte) => byte === 0)) return entries;
    const type = textOf(header, 156, 1);
    if (type === 'x' || type === 'L') {
      const extension = (await reader.read(padded)).toString('utf8').replace(/\0+$/, '');
      longName = type === 'L' ? extension : (/^\d+ path=(.*)$/m.exec(extension)?.[1] ?? longName);
      continue;
    }
    await reader.skip(padded);
    const prefix = textOf(header, 345, 155);
    const name = longName ?? (prefix === '' ? '' : `${prefix}/`) + textOf(header, 0, 100);
    longName = undefined;
    if (type === 'g' || type === 'K') continue;
    entries.push({ path: name.replace(/\/$/, ''), kind: kindOf(type) });
  }
  return entries;
}

/** A tar archive of one empty folder. */
export function tarOfFolder(name: string, { uid, gid, mode }: FolderOwner): Buffer {
  // Two empty blocks end an archive.
  const archive = Buffer.alloc(3 * blockLength);
  archive.write(`${name}/`, 0);
  archive.write(octal(mode, 8) + octal(uid, 8) + octal(gid, 8) + octal(0, 12) + octal(0, 12), 100);
  archive.write('        5', 148);
  archive.write('ustar\x0000', 257);
  const sum = archive.subarray(0, blockLength).reduce((total, byte) => total + byte, 0);
  archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return archive;
}

function kindOf(type: string): FolderEntry['kind'] {
  if (type === '5') return 'directory';
  return type === '0' || type === '' ? 'file' : 'other';
}

/** A header's text field, without what fills it up. */
export function textOf(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** Reads a stream in pieces of the lengths that are asked for. Throws MalformedReply when it ends too early. */
export class BlockReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  async read(length: number): Promise<Buffer> {
    while (this.#length < length) {
      const next = await this.#chunks.next();
      if (next.done === true) throw new MalformedReply('the archive from the engine ends too early');
      this.#pieces.push(Buffer.from(next.value));
      this.#length += next.value.length;
    }
    const all = Buffer.concat(this.#pieces);
    const rest = all.subarray(length);
    this.#pieces = [rest];
    this.#length = rest.length;
    return all.subarray(0, length);
  }

  async skip(length: number): Promise<void> {
    const step = 1024 * 1024;
    for (let left = length; left > 0; left -= step) await this.read(Math.min(left, step));
  }
}

/** A number as a tar's header holds it: octal digits, filled up, and a zero byte. */
function octal(value: number, length: number): string {
  return `${value.toString(8).padStart(length - 1, '0')}\0`;
}
