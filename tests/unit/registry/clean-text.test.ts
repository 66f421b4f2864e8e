/** What a registry says, as it may stand in our messages. */
import { expect, test } from 'vitest';
import { cleanText } from '../../../registry/error.ts';

test.each([
  ['denied: Authorization: Bearer abcd.efgh-ij_kl~= is old', 'denied: Authorization: Bearer *** is old'],
  ['you sent basic dXNlcjpwYXNzd29yZA==', 'you sent basic ***'],
  ['token eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln-bmF0dXJl is not valid', 'token ey*** is not valid'],
  ['the bearer of this', 'the bearer of this'],
  ['a basic authentication', 'a basic authentication'],
  ['two\nlines\u001B[31m', 'two lines [31m'],
])('%j is told as %j', (said, told) => {
  expect(cleanText(said)).toBe(told);
});
