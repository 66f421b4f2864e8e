import { expect, test } from 'vitest';
import type { StoredImage } from '../../../src/engine/engine.ts';
import { expiredTags } from '../../../src/run/prune-local.ts';

const day = 86_400_000;
const now = 100 * day;

function stored(ageDays: number, ...tags: readonly string[]): StoredImage {
  return { id: tags.join(), tags, digests: [], labels: {}, created: ((100 - ageDays) * day) / 1000, size: 5 };
}

function labelled(image: StoredImage, label: string): StoredImage {
  return { ...image, labels: { 'hubwright.key': label } };
}

function key(digit: string): string {
  return digit.repeat(64);
}

const facts = {
  keys: new Map([
    ['base', key('1')],
    ['hub', key('2')],
  ]),
  built: new Map([
    ['base', new Set([key('1'), key('3')])],
    ['hub', new Set([key('2')])],
    ['gone', new Set([key('5')])],
  ]),
  now,
  olderThanMs: 7 * day,
};

function expired(...images: readonly StoredImage[]): readonly string[] {
  return expiredTags({ ...facts, stored: images }).map(({ reference, why }) => `${reference} ${why}`);
}

test('old contents of an image, and all of one that the family lost, have expired with their passes', () => {
  expect(
    expired(
      stored(8, `hubwright/base:key-${key('3')}`, `hubwright/base:pass-${key('4')}`),
      stored(8, `hubwright/gone:key-${key('5')}`),
    ),
  ).toEqual([
    `hubwright/base:key-${key('3')} superseded`,
    `hubwright/base:pass-${key('4')} superseded`,
    `hubwright/gone:key-${key('5')} not-in-family`,
  ]);
});

test('what is current never expires, nor any pass of it', () => {
  expect(expired(stored(99, `hubwright/base:key-${key('1')}`, `hubwright/base:pass-${key('9')}`))).toEqual(
    [],
  );
});

test('a pass goes with the bytes that it was a pass of, though their key’s tag names others by now', () => {
  const pass = stored(8, `hubwright/base:pass-${key('9')}`);
  expect(expired(labelled(pass, key('3')))).toEqual([`hubwright/base:pass-${key('9')} superseded`]);
  expect(expired(labelled(pass, key('7')), pass)).toEqual([]);
});

test('what another family built under the same name stays', () => {
  expect(
    expired(
      labelled(stored(99, `hubwright/base:key-${key('7')}`, `hubwright/base:pass-${key('8')}`), key('7')),
      stored(99, `hubwright/gone:key-${key('7')}`),
    ),
  ).toEqual([]);
});

test('what is young stays', () => {
  expect(expired(stored(6, `hubwright/base:key-${key('3')}`))).toEqual([]);
});

test('other families’ records, roots, and people’s own tags are left alone', () => {
  expect(
    expired(
      stored(99, `hubwright/theirs:key-${key('3')}`),
      stored(99, `hubwright/root-base:diff-${key('3')}`),
      stored(99, 'base:latest', 'hubwright/base:key-short', `registry.example/base:key-${key('3')}`),
    ),
  ).toEqual([]);
});
