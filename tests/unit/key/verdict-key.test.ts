import { expect, test } from 'vitest';
import { verdictKey, type VerdictTerms } from '../../../src/key/verdict-key.ts';

const terms: VerdictTerms = {
  contract: 1,
  profile: 'singleuser',
  resources: { memory: 1024, cpu: 1 },
  maxSize: 10,
  tier: 'gate',
  check: undefined,
  waivers: ['S1', 'S4'],
};
const content = 'a'.repeat(64);

test('is pinned', () => {
  expect(verdictKey(content, terms)).toBe('948a8c123fa8ba2bd3543bc6f5395d1216c9f0482d969f7697a39325a325b78d');
});

test.each<[string, string, Partial<VerdictTerms>]>([
  ['the content', 'b'.repeat(64), {}],
  ['the contract', content, { contract: 2 }],
  ['the profile', content, { profile: 'hub' }],
  ['the memory', content, { resources: { memory: 2048, cpu: 1 } }],
  ['the processors', content, { resources: { memory: 1024 } }],
  ['the bound', content, { maxSize: undefined }],
  ['its own check', content, { check: 'true' }],
  ['the tier', content, { tier: 'deep' }],
  ['a waiver', content, { waivers: ['S1'] }],
])('%s enters', (_, key, change) => {
  expect(verdictKey(key, { ...terms, ...change })).not.toBe(verdictKey(content, terms));
});

test('the order of waivers does not', () => {
  expect(verdictKey(content, { ...terms, waivers: ['S4', 'S1', 'S4'] })).toBe(verdictKey(content, terms));
});
