import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  MalformedMessage,
  type MessageType,
} from '../../../src/engine/docker/protobuf.ts';

const inner: MessageType = { count: [1, 'number'] };
const type: MessageType = {
  count: [1, 'number'],
  name: [2, 'text'],
  one: [3, { one: inner }],
  data: [4, 'bytes'],
  flag: [5, 'flag'],
  many: [6, { many: inner }],
  texts: [17, 'texts'],
  pieces: [18, 'pieces'],
};
const empty = {
  count: 0,
  name: '',
  one: null,
  data: Buffer.alloc(0),
  flag: false,
  many: [],
  texts: {},
  pieces: [],
};

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

describe('messages of Protocol Buffers', () => {
  // The first three are the examples of protobuf.dev/programming-guides/encoding.
  test.each([
    ['08 96 01', { count: 150 }],
    ['12 07 74 65 73 74 69 6e 67', { name: 'testing' }],
    ['1a 03 08 96 01', { one: { count: 150 } }],
    ['08 fe ff ff ff ff ff ff ff ff 01', { count: -2 }],
    ['08 ff ff ff ff 0f', { count: 2 ** 32 - 1 }],
    ['08 ff ff ff ff ff ff ff 0f', { count: 2 ** 53 - 1 }],
    ['28 01 32 02 08 01 32 00', { flag: true, many: [{ count: 1 }, { count: 0 }] }],
    ['8a 01 08 0a 01 61 12 03 c3 a4 62', { texts: { a: 'äb' } }],
    ['92 01 01 61 92 01 00', { pieces: [Buffer.from('a'), Buffer.alloc(0)] }],
    ['', {}],
  ])('%s', (hex, fields) => {
    expect(encodeMessage(type, fields).toString('hex')).toBe(bytes(hex).toString('hex'));
    expect(decodeMessage(type, bytes(hex))).toEqual({ ...empty, ...fields });
  });

  test('numbers of 64 bits are written from text', () => {
    const max = encodeMessage(type, { count: '9223372036854775807' });
    expect(max.toString('hex')).toBe('08ffffffffffffffff7f');
  });

  test('fields of every kind that are not known are passed over', () => {
    const others = bytes('f8 07 96 01  f9 07 0102030405060708  fa 07 03 616263  fd 07 01020304');
    const known = encodeMessage(type, { name: 'known' });
    expect(decodeMessage(type, Buffer.concat([others, known, others]))).toEqual({ ...empty, name: 'known' });
  });

  test.each([
    '08',
    '08 96',
    '12 07 74',
    '12',
    '0b',
    '0a 01 61',
    '10 01',
    '08 ff ff ff ff ff ff ff ff ff ff 01',
  ])('%s is no message', (hex) => {
    expect(() => decodeMessage(type, bytes(hex))).toThrow(MalformedMessage);
  });

  test('what is written is read again', () => {
    const count = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    const nested = fc.record({ count });
    const text = fc.string({ unit: 'grapheme' });
    const piece = fc.uint8Array({ maxLength: 300 }).map((content) => Buffer.from(content));
    const message = fc.record({
      count,
      name: text,
      one: fc.option(nested),
      data: piece,
      pieces: fc.array(piece),
      flag: fc.boolean(),
      many: fc.array(nested),
      texts: fc.array(fc.tuple(text, text)).map((pairs) => Object.fromEntries(pairs)),
    });
    fc.assert(
      fc.property(message, (fields) => {
        const { one, ...others } = fields;
        const written = encodeMessage(type, one === null ? others : fields);
        expect(decodeMessage(type, written)).toEqual(fields);
      }),
    );
  });

  test('any bytes are a message or malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
        try {
          decodeMessage(type, content);
        } catch (cause) {
          expect(cause).toBeInstanceOf(MalformedMessage);
        }
      }),
    );
  });
});
