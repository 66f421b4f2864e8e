import { expect, test } from 'vitest';
import { deafFinding } from '../../../src/smoke/contract/common/port-finding.ts';

test.each([
  [[{ port: 8888, loopback: true }], 'listens on 127.0.0.1:8888 alone'],
  [[{ port: 8888, loopback: false }], 'by IPv6 alone'],
  [
    [
      { port: 22, loopback: false },
      { port: 9999, loopback: false },
    ],
    'listens on 22 and 9999 instead of 8888',
  ],
  [[{ port: 5432, loopback: true }], 'nothing listens on 8888'],
])('of a server at %j that refuses on 8888 is said: %s', (listening, words) => {
  expect(deafFinding(8888, listening).hint).toContain(words);
});
