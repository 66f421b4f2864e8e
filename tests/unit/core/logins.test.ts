import { expect, test } from 'vitest';
import { findLogins, maskLogins } from '../../../src/core/logins.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;

const told = (text: string): string =>
  findLogins(text)
    .map(({ what }) => what)
    .join(', ');

test('passwords and tokens in addresses, and tokens that are known by their form', () => {
  expect(told('https://me:hunter2@git.example.org/x.git')).toBe('a password');
  expect(told('git clone ssh://me:hunter2@x.org/y')).toBe('a password');
  expect(told('https://0123456789abcdef0123@git.example.org/x')).toBe('a token');
  expect(told('https://x.org/y?v=1&private_token=abcdef0')).toBe('a token');
  expect(told('https://s3.example.org/o?X-Amz-Signature=0123abcd&x=1')).toBe('a token');
  expect(told(`--header=${token}`)).toBe('a token');
  expect(told('AKIAIOSFODNN7EXAMPLE')).toBe('a token');
  expect(told('-----BEGIN RSA PRIVATE KEY-----\nxyz')).toBe('a private key');
});

test('what lets nobody in is nothing: names, ports, versions, placeholders, ordinary questions', () => {
  const harmless = [
    'https://git.example.org:8443/x.git',
    'https://me@bitbucket.org/team/x.git',
    'ssh://git@github.com/o/r.git',
    'git@github.com:o/r.git',
    'https://${USER}:${PASSWORD}@x.org/y',
    'https://x.org/y?token=${TOKEN}',
    'https://x.org/y?ref=main&depth=1',
    'a@b:c',
    'sha256:0123456789abcdef0123456789abcdef',
    '',
  ];
  expect(harmless.filter((text) => findLogins(text).length > 0)).toEqual([]);
});

test('are masked in their places', () => {
  expect(maskLogins(`A: https://me:hunter2@x.org/y?token=abcdef ${token}`)).toBe(
    `A: https://me:*******@x.org/y?token=****** ${'*'.repeat(token.length)}`,
  );
});
