import { expect, test } from 'vitest';
import { exactly, fields, listOf, mapOf, maybe, number, otherwise, text } from '../../../src/core/shape.ts';

const image = fields({
  Id: text,
  Size: number,
  Tags: otherwise(listOf(text), []),
  Labels: otherwise(mapOf(text), {}),
  User: maybe(text),
});

test('what is named is read, what is not is passed over, and what Go writes as null is empty', () => {
  const read = image.safeParse({ Id: 'a', Size: 1, Tags: null, User: null, More: true });
  expect(read).toEqual({ success: true, data: { Id: 'a', Size: 1, Tags: [], Labels: {} } });
  expect(read.data).not.toHaveProperty('User');
});

test('an entry of any name is one of a map', () => {
  const read = mapOf(text).safeParse(JSON.parse('{"__proto__": "a", "constructor": "b"}'));
  expect(Object.entries(read.data ?? {})).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ]);
});

test.each([
  ['nothing', undefined, 'it is no map'],
  ['a list', [], 'it is no map'],
  ['a name that is missing', { Size: 1 }, 'Id is no text'],
  ['a text for a number', { Id: 'a', Size: '1' }, 'Size is no number'],
  ['a text for a list', { Id: 'a', Size: 1, Tags: 'a' }, 'Tags is no list'],
  ['one of a list', { Id: 'a', Size: 1, Tags: ['a', null] }, 'Tags.1 is no text'],
  ['one of a map', { Id: 'a', Size: 1, Labels: { a: {} } }, 'Labels.a is no text'],
])('%s is told with its place', (_, value, message) => {
  expect(image.safeParse(value)).toMatchObject({ success: false, error: { message } });
});

test('another version is none', () => {
  expect(exactly(2).safeParse(2).success).toBe(true);
  expect(exactly(2).safeParse(1)).toMatchObject({ success: false, error: { message: 'it is not 2' } });
});
