import { describe, expect, test } from 'vitest';
import type { Release } from '../../../src/run/schema.ts';
import {
  expiredImages,
  freedBytes,
  type RetentionFacts,
} from '../../../src/ship/retention/expired-images.ts';
import { releaseOf } from '../../rig/release.ts';

const dayMs = 86_400_000;
const now = Date.parse('2026-12-31T00:00:00Z');

/** A release so many days old, with one image `base` whose digest, tags and layers bear a letter. */
function release(daysAgo: number, letter: string, more: readonly string[] = []): Release {
  const created = new Date(now - daysAgo * dayMs).toISOString();
  const [image] = releaseOf('r.example/f', ['base']).images;
  if (image === undefined) throw new Error('the rig makes an image for each name');
  const digest = `sha256:${letter.repeat(64)}`;
  const own = { digest, reference: `r.example/f/base@${digest}`, key: letter.repeat(64) };
  const layers = [
    { digest: 'shared', size: 1000 },
    { digest: letter, size: 10 },
  ];
  return {
    ...releaseOf('r.example/f', []),
    run: `run-${daysAgo}`,
    created,
    images: [{ ...image, ...own, tags: ['latest', ...more], layers }],
  };
}

const target = { prefix: 'r.example/f', naming: 'repository-per-image' } as const;

const judge = (facts: Partial<RetentionFacts> & Pick<RetentionFacts, 'releases'>) => {
  const { expired, kept, releases } = expiredImages({
    doubtful: [],
    target,
    pointers: new Set(),
    keepReleases: 1,
    olderThanMs: 7 * dayMs,
    now,
    deployed: [],
    ...facts,
  });
  return {
    expired: expired.map(({ digest }) => digest.slice(7, 8)),
    kept: kept.map(({ content, because }) => `${content.digest.slice(7, 8)}: ${because}`),
    releases: releases.map(({ run }) => run),
  };
};

const four = [release(40, 'a', ['v1']), release(30, 'b', ['v2']), release(3, 'c'), release(0, 'd')];

test('what neither the last releases nor young ones name has expired, the oldest first', () => {
  expect(judge({ releases: four })).toEqual({
    expired: ['a', 'b'],
    kept: [],
    releases: ['run-30', 'run-40'],
  });
  expect(judge({ releases: four, keepReleases: 3 })).toMatchObject({ expired: ['a'] });
  expect(judge({ releases: four, pointers: new Set(['run-40']) })).toMatchObject({ expired: ['b'] });
  expect(judge({ releases: four, olderThanMs: 35 * dayMs })).toMatchObject({ expired: ['a'] });
});

test('an image that came back stays, however old its first release', () => {
  expect(judge({ releases: [release(40, 'a'), release(20, 'b'), release(0, 'a')] }).expired).toEqual(['b']);
});

test('what is not believed keeps what it names, and neither removes anything nor takes a place among the last', () => {
  const doubtful = [release(50, 'x'), release(-900, 'y'), release(-901, 'b')];
  expect(judge({ releases: four, doubtful })).toMatchObject({
    expired: ['a'],
    releases: ['run-30', 'run-40'],
  });
});

test.each([
  ['in another registry', { reference: `other.example/f/base@sha256:${'a'.repeat(64)}` }],
  ['of another name', { reference: `r.example/f/hub@sha256:${'a'.repeat(64)}` }],
  ['beside its own digest', { digest: `sha256:${'d'.repeat(64)}` }],
])('what a release names %s is not removed', (_where, image) => {
  const old = release(40, 'a');
  const odd = { ...old, images: old.images.map((each) => ({ ...each, ...image })) };
  expect(judge({ releases: [odd, release(0, 'e')] }).expired).toEqual([]);
});

test('a release whose day cannot be read stays', () => {
  expect(
    judge({ releases: [{ ...release(40, 'a'), created: 'some day' }, release(0, 'd')] }).expired,
  ).toEqual([]);
});

describe('what is deployed stays', () => {
  test.each([
    ['by its digest', `image: base@sha256:${'a'.repeat(64)}`, ['a: values.yaml names it']],
    ['by a tag of its own', 'name: r.example/f/base\ntag: v2', ['b: values.yaml names it']],
    [
      'by a tag with its digest',
      `r.example/f/base\ntag: "v1@sha256:${'a'.repeat(64)}"`,
      ['a: values.yaml names it'],
    ],
    ['where one repository holds all', 'r.example/f/base:base-v2', ['b: values.yaml names it']],
    ['not by a part of a tag', 'name: r.example/f/base\ntag: v22', []],
    ['not by a tag of another repository', 'name: other.example/base\ntag: v2', []],
    ['not by a tag that has moved on', 'name: r.example/f/base\ntag: latest', []],
  ])('%s', (_how, text, kept) => {
    expect(judge({ releases: four, deployed: [{ name: 'values.yaml', text }] }).kept).toEqual(kept);
  });
});

test('layers that a staying image has free nothing', () => {
  const facts = {
    doubtful: [],
    target,
    pointers: new Set<string>(),
    keepReleases: 1,
    olderThanMs: 7 * dayMs,
    now,
    deployed: [],
  };
  expect(freedBytes(expiredImages({ ...facts, releases: four }).expired, four)).toBe(20);
});
