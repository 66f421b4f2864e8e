/** Secrets in the forms in which programs print them, and what is left alone. */
import { expect, test } from 'vitest';
import { describeBug, secretsOf } from '../../../src/cli/main.ts';
import { passwordIn, Redactor } from '../../../src/core/redact.ts';

const secret = 'pa ss+wörd/"1"';

function redacted(text: string, ...secrets: readonly string[]): string {
  const redactor = new Redactor();
  for (const each of secrets) redactor.add(each);
  return redactor.redact(text);
}

test.each([
  ['plain', secret],
  ['in an address', `https://user:${encodeURIComponent(secret)}@example.org`],
  ['with lower-case codes', encodeURIComponent(secret).toLowerCase()],
  ['in a form', new URLSearchParams({ p: secret }).toString().replaceAll('%22', '%22')],
  ['in JSON', JSON.stringify({ p: secret })],
])('%s', (_, text) => {
  const kept = redacted(text, secret);
  expect(kept).toContain('***');
  expect(kept).not.toContain('rd');
});

test.each(['', 'a', 'ab', 'abc', 'user:'])('in base64 after `%s`, whatever follows', (before) => {
  for (const after of ['', '\n', 'xy']) {
    for (const form of ['base64', 'base64url'] as const) {
      const text = Buffer.from(before + secret + after).toString(form);
      const kept = redacted(text, secret);
      expect(kept).toContain('***');
      // A character at either end may be left; of the secret itself it tells a few bits.
      expect(kept.replace('***', '').length).toBeLessThanOrEqual(14);
    }
  }
});

test('data keeps its shape', () => {
  const redactor = new Redactor();
  redactor.add('hidden-word');
  const data = { a: ['x hidden-word', 1, null, true], b: { c: 'hidden-word' } };
  expect(redactor.redactData(data)).toEqual({ a: ['x ***', 1, null, true], b: { c: '***' } });
});

test('what is too short to be a secret takes no text apart', () => {
  expect(redacted('abc abcde', 'abc', '')).toBe('abc abcde');
});

test('passwords in addresses are secrets, and names there are not', () => {
  expect(passwordIn('http://user:p%40ss@proxy:3128')).toBe('p%40ss');
  expect(passwordIn('http://proxy:3128')).toBeUndefined();
  expect(passwordIn('http://user@proxy:3128/a:b@c')).toBeUndefined();
});

test('a crash tells no secret of the environment, not in its trace either', () => {
  const env = {
    HUBWRIGHT_DEBUG: '1',
    COSIGN_PASSWORD: 'the-keys-password',
    HTTPS_PROXY: 'http://me:proxy%2Fpassword@proxy.example.org:3128',
  };
  const error = new Error(
    'Request with the-keys-password to http://me:proxy%2Fpassword@p and proxy/password',
  );
  const told = describeBug(error, env, secretsOf(env));
  expect(told).toContain('internal error: Request with *** to http://me:***@p and ***');
  expect(told).toContain('redact.test.ts');
  expect(told).not.toMatch(/the-keys-password|proxy%2Fpassword|proxy\/password/);
});
