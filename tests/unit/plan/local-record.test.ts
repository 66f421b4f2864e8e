import { expect, test } from 'vitest';
import type { StoredImage } from '../../../src/engine/engine.ts';
import { readLocalRecord } from '../../../src/plan/local-record.ts';

const key = 'a'.repeat(64);
const verdict = 'b'.repeat(64);

function stored(id: string, tags: readonly string[], more: Partial<StoredImage> = {}): StoredImage {
  return { id, tags, digests: [], labels: {}, created: 1, size: 10, ...more };
}

test('a pass counts only for the very bytes that carry the key', () => {
  const together = readLocalRecord([
    stored('one', [`hubwright/base:key-${key}`, `hubwright/base:pass-${verdict}`]),
  ]);
  expect(together.bytes('base', key, verdict)).toEqual({ id: 'one', created: 1, size: 10, passed: true });
  const rebuilt = readLocalRecord([
    stored('old', [`hubwright/base:pass-${verdict}`]),
    stored('new', [`hubwright/base:key-${key}`]),
  ]);
  expect(rebuilt.bytes('base', key, verdict)).toMatchObject({ id: 'new', passed: false });
});

test('a key of one image says nothing about another', () => {
  const record = readLocalRecord([stored('one', [`hubwright/base:key-${key}`])]);
  expect(record.bytes('hub', key, verdict)).toBeUndefined();
  expect(record.bytes('base', 'c'.repeat(64), verdict)).toBeUndefined();
});

test('of several roots made on the spot the newest is taken, and only what carries our label', () => {
  const labels = { 'hubwright.root': 'debian' };
  const [older, newer] = ['1'.repeat(64), '2'.repeat(64)];
  const record = readLocalRecord([
    stored('new', [`hubwright/root-debian:diff-${newer}`], { labels, created: 9 }),
    stored('old', [`hubwright/root-debian:diff-${older}`], { labels, created: 5 }),
    stored('strange', [`hubwright/root-alpine:diff-${older}`]),
  ]);
  expect(record.bootstrappedRoot('debian')).toMatchObject({
    reference: `hubwright/root-debian:diff-${newer}`,
    identity: `diffid:sha256:${newer}`,
  });
  expect(record.bootstrappedRoot('alpine')).toBeUndefined();
});

test('a registry digest is told for the repository of the reference alone', () => {
  const record = readLocalRecord([
    stored('one', ['debian:trixie-slim'], { digests: ['mirror.example/debian@sha256:m', 'debian@sha256:d'] }),
  ]);
  expect(record.digestOf('debian:trixie-slim')).toBe('sha256:d');
  expect(record.digestOf('debian:other')).toBeUndefined();
});

test('the last key of an image is that of the bytes made last, whatever the order of the listing', () => {
  const [older, newer] = ['1'.repeat(64), '2'.repeat(64)];
  const record = readLocalRecord([
    stored('new', ['base:latest', `hubwright/base:key-${newer}`, `hubwright/base:pass-${verdict}`], {
      created: 9,
    }),
    stored('old', [`hubwright/base:key-${older}`], { created: 5 }),
  ]);
  expect(record.lastKey('base')).toBe(newer);
  expect(record.lastKey('hub')).toBeUndefined();
});
