import { expect, test } from 'vitest';
import { forbidsOwnScripts } from '../../../src/smoke/content-policy.ts';

test.each([
  ["default-src 'none'; frame-ancestors 'self'", true],
  ["default-src 'none'; script-src 'self'", true],
  ["script-src 'none'", true],
  ["script-src 'unsafe-inline'", true],
  ["connect-src 'none'; script-src 'self'", true],
  ["frame-ancestors *, default-src 'none'", true],
  ['script-src', true],
  ['', false],
  ["frame-ancestors 'self'; report-uri /csp-report", false],
  ["default-src 'self'", false],
  ["DEFAULT-SRC 'NONE'; Script-Src 'Self'; connect-src *", false],
  ["default-src 'none'; script-src-elem https:; connect-src wss://hub.example.org", false],
  ["script-src 'nonce-abc' 'strict-dynamic'", false],
  ["script-src 'self'; script-src 'none'", false],
])(
  'of the policy %j is said that it keeps the page from its own scripts or server: %j',
  (header, expected) => {
    expect(forbidsOwnScripts(header)).toBe(expected);
  },
);
