import { expect, test } from 'vitest';
import { maskOf } from '../../../src/run/mask-secrets.ts';

function mask(secrets: Readonly<Record<string, string>>, text: string): string {
  return maskOf(new Map(Object.entries(secrets).map(([id, value]) => [id, Buffer.from(value)])))(text);
}

test('a secret that a build prints is masked wherever it stands, and so is each line of a longer one', () => {
  expect(mask({ token: 's3cret-token\n' }, 'url https://x:s3cret-token@host s3cret-token')).toBe(
    'url https://x:***@host ***',
  );
  expect(mask({ key: 'BEGIN KEY\nabcdefgh\nEND KEY' }, 'abcdefgh')).toBe('***');
});

test('of two values the longer is masked whole', () => {
  expect(mask({ a: 'common', b: 'common-and-more' }, 'common-and-more common')).toBe('*** ***');
});

test('certificates and what is too short to be a secret are left alone', () => {
  expect(mask({ ca: 'BEGIN CERTIFICATE', short: 'abc' }, 'BEGIN CERTIFICATE abc')).toBe(
    'BEGIN CERTIFICATE abc',
  );
});
