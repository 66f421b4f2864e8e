/**
 * Protocol Buffers on the wire, as far as BuildKit's messages need them: text, bytes, whole numbers, flags, maps of
 * text, and messages in messages. A message is a table of its fields; which there are is session-protocol.ts's and
 * llb.ts's.
 */

/** `number`: any of the whole-number types that are not zigzag; above 2^53 it loses its last digits. */
type Scalar = 'text' | 'bytes' | 'number' | 'flag';

/** `pieces` is a list of bytes, `texts` a map of text to text. */
type Kind = Scalar | 'texts' | 'pieces' | { readonly one: MessageType } | { readonly many: MessageType };

/** Each field's number on the wire, and what it holds. */
export type MessageType = Readonly<Record<string, readonly [number: number, kind: Kind]>>;

/** A message is cut off, or no message at all. */
export class MalformedMessage extends Error {}

const wire = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

const entry: MessageType = { key: [1, 'text'], value: [2, 'text'] };

/** The bytes of a message. What is absent, or what a reader takes an absent field for, is not written. */
export function encodeMessage(type: MessageType, value: object): Buffer {
  const pieces: Uint8Array[] = [];
  const values = new Map<string, unknown>(Object.entries(value));
  for (const [name, [number, kind]] of Object.entries(type)) {
    const field = values.get(name);
    if (field !== undefined) encodeField(pieces, number, kind, field);
  }
  return Buffer.concat(pieces);
}

function encodeField(pieces: Uint8Array[], number: number, kind: Kind, value: unknown): void {
  const nest = (bytes: Uint8Array): void => {
    pieces.push(varint(number * 8 + wire.lengthDelimited), varint(bytes.length), bytes);
  };
  if (kind === 'number' || kind === 'flag') {
    // Numbers that do not fit come as text.
    const bytes = varint(typeof value === 'string' ? BigInt(value) : Number(value));
    if (bytes.length > 1 || bytes[0] !== 0) pieces.push(varint(number * 8 + wire.varint), bytes);
  } else if (kind === 'pieces') {
    for (const each of value as readonly Uint8Array[]) nest(each);
  } else if (kind === 'texts') {
    // A value's type follows from its field's; the same holds below.
    for (const [key, text] of Object.entries(value as Record<string, string>))
      nest(encodeMessage(entry, { key, value: text }));
  } else if (kind === 'text' || kind === 'bytes') {
    const bytes = kind === 'text' ? Buffer.from(value as string) : (value as Uint8Array);
    if (bytes.length > 0) nest(bytes);
  } else if ('one' in kind) {
    nest(encodeMessage(kind.one, value as object));
  } else {
    for (const each of value as readonly object[]) nest(encodeMessage(kind.many, each));
  }
}

function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  if (typeof value === 'number' && value >= 0 && value < 2 ** 31) {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
    bytes.push(rest);
  } else {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
  }
  return Uint8Array.from(bytes);
}

/**
 * A message as an object that has every field of its type: absent ones are empty, 0, false or, for messages, null.
 * Fields that the type does not know are passed over. Throws MalformedMessage.
 */
export function decodeMessage(type: MessageType, bytes: Uint8Array): object {
  const fields = new Map(Object.entries(type).map(([name, [number, kind]]) => [number, { name, kind }]));
  const message: Record<string, unknown> = {};
  for (const { name, kind } of fields.values()) message[name] = absent(kind);
  const reader = new Reader(bytes);
  while (!reader.ended) {
    const tag = reader.varint();
    const field = fields.get(Math.floor(tag / 8));
    const raw = reader.value(tag % 8);
    if (field === undefined) continue;
    const { name, kind } = field;
    // `absent` has made the list.
    if (typeof kind === 'object' && 'many' in kind) (message[name] as unknown[]).push(nested(kind.many, raw));
    else if (kind === 'pieces') (message[name] as unknown[]).push(bytesOf(raw));
    else message[name] = valueOf(kind, raw, message[name]);
  }
  return message;
}

function absent(kind: Kind): unknown {
  if (kind === 'text') return '';
  if (kind === 'bytes') return Buffer.alloc(0);
  if (kind === 'number') return 0;
  if (kind === 'flag') return false;
  if (kind === 'texts') return {};
  if (kind === 'pieces') return [];
  return 'one' in kind ? null : [];
}

/** What a field that is no list holds after `raw` has come for it; maps grow. */
function valueOf(
  kind: Scalar | 'texts' | { readonly one: MessageType },
  raw: number | Buffer,
  before: unknown,
): unknown {
  if (kind === 'number' || kind === 'flag') {
    if (typeof raw !== 'number') throw new MalformedMessage('something longer stands where a number belongs');
    return kind === 'flag' ? raw !== 0 : raw;
  }
  if (typeof kind === 'object') return nested(kind.one, raw);
  if (kind === 'texts') {
    // The shape of `entry`.
    const { key, value } = nested(entry, raw) as { key: string; value: string };
    return { ...(before as object), [key]: value };
  }
  return kind === 'text' ? bytesOf(raw).toString('utf8') : bytesOf(raw);
}

function nested(type: MessageType, raw: number | Buffer): object {
  return decodeMessage(type, bytesOf(raw));
}

function bytesOf(raw: number | Buffer): Buffer {
  if (typeof raw === 'number') throw new MalformedMessage('a number stands where something longer belongs');
  return raw;
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Read as a signed number of 64 bits, which an unsigned one of 32 is as well. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    let long = BigInt(value);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      long += BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, long));
    }
    throw new MalformedMessage('a number has more than 64 bits');
  }

  value(kind: number): number | Buffer {
    if (kind === wire.varint) return this.varint();
    if (kind === wire.lengthDelimited) return this.#take(this.varint());
    if (kind === wire.fixed64) return this.#take(8);
    if (kind === wire.fixed32) return this.#take(4);
    throw new MalformedMessage(`a field is of the kind ${kind}, which is not known`);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new MalformedMessage('it is cut off');
    this.#at += 1;
    return byte;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new MalformedMessage('it is cut off');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
