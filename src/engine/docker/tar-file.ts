/**
 * Reads the one file that an engine's archive answer begins with (POSIX.1-2001 ustar, with pax and
 * GNU extension headers skipped). Reads no more than needed, and never more than a limit.
 */
import { MalformedReply } from './errors.ts';

export type TarFile =
  | { readonly kind: 'file'; readonly data: Buffer }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'a directory' }
  | { readonly kind: 'not a regular file' }
  | { readonly kind: 'larger than allowed' };

const blockLength = 512;

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
    if (size > maxBytes && !extension) return { kind: 'larger than allowed' };
    const data = await reader.read(extension ? Math.ceil(size / blockLength) * blockLength : size);
    if (!extension) return { kind: 'file', data };
  }
}

function textOf(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

class BlockReader {
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
}
