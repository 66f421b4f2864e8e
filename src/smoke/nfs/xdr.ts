/** XDR (RFC 4506) as far as ONC RPC and NFS 4 need it: big-endian words, everything padded to four bytes. Pure. */

/** Puts values together in the order in which they are written. */
export class XdrWriter {
  readonly #parts: Buffer[] = [];

  /** An unsigned 32-bit number; enums and booleans are such. */
  word(value: number): this {
    const part = Buffer.alloc(4);
    part.writeUInt32BE(value);
    this.#parts.push(part);
    return this;
  }

  /** An unsigned 64-bit number. */
  long(value: bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigUInt64BE(value);
    this.#parts.push(part);
    return this;
  }

  /** Bytes whose number both sides know. */
  fixed(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes), Buffer.alloc(padding(bytes.length)));
    return this;
  }

  /** Bytes, or a text in UTF-8, with their number before them. */
  opaque(bytes: Uint8Array | string): this {
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    return this.word(data.length).fixed(data);
  }

  words(values: readonly number[]): this {
    this.word(values.length);
    for (const value of values) this.word(value);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

/** Takes values apart in the order in which they were written. What is too short throws a RangeError. */
export class XdrReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  word(): number {
    return this.#take(4).readUInt32BE();
  }

  long(): bigint {
    return this.#take(8).readBigUInt64BE();
  }

  fixed(length: number): Buffer {
    const bytes = this.#take(length);
    this.#take(padding(length));
    return bytes;
  }

  opaque(): Buffer {
    return this.fixed(this.word());
  }

  text(): string {
    return this.opaque().toString('utf8');
  }

  words(): readonly number[] {
    const count = this.word();
    if (count > this.#bytes.length) throw new RangeError('a list longer than its message');
    return Array.from({ length: count }, () => this.word());
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('the message ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function padding(length: number): number {
  return (4 - (length % 4)) % 4;
}
