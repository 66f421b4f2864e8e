import { expect, test } from 'vitest';
import { estimateMs } from '../../../src/run/estimate.ts';

type Entry = Parameters<typeof estimateMs>[0][number];

const build = (name: string, ...parents: readonly string[]): Entry => ({ name, parents, action: 'build' });
const memories = new Map(['a', 'b', 'c', 'd'].map((name) => [name, { buildMs: 1000, smokeMs: 300 }]));

test('the longest way, with the last check at its end', () => {
  expect(estimateMs([build('a'), build('b', 'a'), build('c', 'a')], memories, 4)).toBe(2300);
});

test('all work shared by the slots where that is more', () => {
  expect(estimateMs([build('a'), build('b'), build('c'), build('d')], memories, 2)).toBe(2000);
});

test('what is only checked costs its check, what is reused nothing', () => {
  const entries: readonly Entry[] = [
    { name: 'a', parents: [], action: 'reuse' },
    { name: 'b', parents: ['a'], action: 'verify' },
  ];
  expect(estimateMs(entries, memories, 2)).toBe(300);
});

test('nobody knows it for an image that was never built here', () => {
  expect(estimateMs([build('a'), build('new', 'a')], memories, 2)).toBeUndefined();
});
