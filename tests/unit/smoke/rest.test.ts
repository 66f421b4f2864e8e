import { describe, expect, it } from 'vitest';
import { Rest, rested, usedMsIn } from '../../../src/smoke/rest.ts';
import type { Work } from '../../../src/smoke/rest.ts';

function work(atMs: number, more: Partial<Work> = {}): Work {
  return { atMs, usedMs: 0, waitedMs: new Map(), blocked: false, ...more };
}

describe('between two looks', () => {
  it.each<readonly [string, Partial<Work>, Partial<Work>, boolean]>([
    ['did nothing', {}, {}, true],
    ['used a little of a processor', { usedMs: 5000 }, { usedMs: 5200 }, true],
    ['worked', { usedMs: 5000 }, { usedMs: 5900 }, false],
    ['worked with half a processor', {}, { usedMs: 500 }, false],
    [
      'waited for a processor',
      { waitedMs: new Map([['1', 50]]) },
      { waitedMs: new Map([['1', 900]]) },
      false,
    ],
    ['waited before', { waitedMs: new Map([['1', 9000]]) }, { waitedMs: new Map([['1', 9010]]) }, true],
    ['began a thread that waited at once', {}, { waitedMs: new Map([['2', 800]]) }, false],
    ['waited for a disk at the first', { blocked: true }, {}, false],
    ['waited for a disk at the second', {}, { blocked: true }, false],
  ])('a container that %s rested, or did not', (_what, before, now, expected) => {
    expect(rested(work(0, before), work(1000, now))).toBe(expected);
  });

  it('too much may have been done where they are far apart', () => {
    expect(rested(work(0), work(60_000))).toBe(false);
  });
});

it('adds up, and begins anew after a break', () => {
  const rest = new Rest();
  for (const [atMs, usedMs] of [
    [0, 0],
    [1000, 0],
    [2000, 0],
    [3000, 1000],
    [4000, 1000],
  ] as const)
    rest.add(work(atMs, { usedMs }));
  expect(rest.altogetherMs).toBe(3000);
  expect(rest.inARowMs).toBe(1000);
});

it('rests nowhere that cannot be seen', () => {
  const rest = new Rest();
  rest.add(work(0));
  rest.add(undefined);
  rest.add(work(2000));
  expect(rest.altogetherMs).toBe(0);
});

it.each([
  ['usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n', 1500],
  ['1500000000\n', 1500],
  ['', undefined],
])('reads what was used in both versions of control groups: %j', (text, expected) => {
  expect(usedMsIn(text)).toBe(expected);
});
