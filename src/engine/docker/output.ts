/**
 * Takes apart the engine's multiplexed output (Docker Engine API, "Attach to a container", stream
 * format: one byte for the stream, three zeros, four bytes of length, then the payload) and keeps
 * a bounded part of it, however much a container has written.
 */
export interface OutputPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

const headerLength = 8;

/** The pieces of a multiplexed body as they come; a frame larger than a chunk comes in several. */
export async function* outputPieces(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<OutputPiece, void, undefined> {
  let pending: Buffer = Buffer.alloc(0);
  let stream: OutputPiece['stream'] = 'stdout';
  let left = 0;
  for await (const chunk of body) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    while (pending.length > 0) {
      if (left === 0) {
        if (pending.length < headerLength) break;
        stream = pending.readUInt8(0) === 2 ? 'stderr' : 'stdout';
        left = pending.readUInt32BE(4);
        pending = pending.subarray(headerLength);
        continue;
      }
      const data = pending.subarray(0, left);
      pending = pending.subarray(data.length);
      left -= data.length;
      yield { stream, data };
    }
  }
}

/** Keeps the first `limit` bytes of what it is given. */
export class Head {
  readonly #limit: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(data: Buffer): void {
    const piece = data.subarray(0, this.#limit - this.#length);
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  text(): string {
    return new TextDecoder().decode(Buffer.concat(this.#pieces));
  }
}

/** Keeps the last `limit` bytes of what it is given, beginning at a whole character. */
export class Tail {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #length = 0;
  #cut = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(data: Buffer): void {
    this.#pieces.push(data);
    this.#length += data.length;
    // Trimmed only when it has doubled, so that each byte is copied a bounded number of times.
    if (this.#length > 2 * this.#limit) this.#trim();
  }

  text(): string {
    this.#trim();
    const bytes = Buffer.concat(this.#pieces);
    return new TextDecoder().decode(this.#cut ? bytes.subarray(firstCharacter(bytes)) : bytes);
  }

  #trim(): void {
    if (this.#length <= this.#limit) return;
    this.#cut = true;
    const all = Buffer.concat(this.#pieces);
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - this.#limit)));
    this.#pieces = [kept];
    this.#length = kept.length;
  }
}

/** Where the first character begins: UTF-8's continuation bytes look like 10xxxxxx. */
function firstCharacter(bytes: Buffer): number {
  let index = 0;
  while (index < bytes.length && ((bytes[index] ?? 0) & 0b1100_0000) === 0b1000_0000) index++;
  return index;
}
