import { describe, expect, test } from 'vitest';
import type { ImageKey, KeyInputs } from '../../../src/key/content-key.ts';
import { ReasonChain, type RememberedBuild } from '../../../src/key/reason-chain.ts';
import { describeReason } from '../../../src/key/reasons.ts';

type Builds = Readonly<Record<string, readonly RememberedBuild[]>>;

/** One build of an image: its key, the content of its one file, and the keys that its parents had. */
function build(key: string, content: string, parents: Readonly<Record<string, string>> = {}): ImageKey {
  const inputs: KeyInputs = {
    schema: 1,
    platform: 'linux/amd64',
    target: null,
    epoch: null,
    args: {},
    instructions: [],
    parents: Object.entries(parents).map(([name, parentKey]) => ({ name, key: parentKey })),
    roots: [],
    context: [{ kind: 'file', path: 'file', mode: 0o644, sha256: content }],
  };
  return { key, inputs };
}

const place = (name: string) => ({ dockerfile: `${name}/Dockerfile`, context: name });

function chainOf(today: Readonly<Record<string, ImageKey>>, earlier: Builds): ReasonChain {
  return new ReasonChain(new Map(Object.entries(today)), new Map(Object.entries(earlier)), place);
}

const today = {
  base: build('b2', 'new'),
  mid: build('m2', 'same', { base: 'b2' }),
  course: build('c2', 'same', { mid: 'm2' }),
};

describe('the first cause of a change', () => {
  test('is told through all images between', () => {
    const chain = chainOf(today, {
      base: [build('b1', 'old')],
      mid: [build('m1', 'same', { base: 'b1' })],
      course: [build('c1', 'same', { mid: 'm1' })],
    });
    const [reason, ...others] = chain.reasons('course');
    expect(others).toEqual([]);
    expect(reason).toEqual({
      kind: 'parent-changed',
      image: 'mid',
      because: {
        kind: 'parent-changed',
        image: 'base',
        because: {
          kind: 'file-changed',
          path: 'base/file',
          change: 'edited',
          from: 'sha256:old',
          to: 'sha256:new',
        },
      },
    });
    expect(describeReason(reason!)).toBe('base changed: base/file edited');
  });

  test('is sought in the build that the child stood on, not in the parent’s last one', () => {
    const chain = chainOf(today, {
      base: [build('b2', 'new'), build('b1', 'old')],
      mid: [build('m1', 'same', { base: 'b1' })],
    });
    expect(chain.reasons('mid').map(describeReason)).toEqual(['base changed: base/file edited']);
  });

  test('ends where nobody kept what the parent was', () => {
    const chain = chainOf(today, {
      base: [build('b0', 'older')],
      mid: [build('m1', 'same', { base: 'b1' })],
    });
    expect(chain.reasons('mid')).toEqual([{ kind: 'parent-changed', image: 'base' }]);
    expect(chain.reasonsSince('base', 'b1')).toBeUndefined();
  });
});

test('the same content as an earlier build: its image is gone', () => {
  const chain = chainOf(today, { base: [build('b3', 'newer'), build('b2', 'new')] });
  expect(chain.reasons('base')).toEqual([{ kind: 'bytes-gone' }]);
});

test('a build of which no more than the key is known: its content is another', () => {
  const chain = chainOf(today, { base: [{ key: 'b1', inputs: undefined }] });
  expect(chain.reasons('base')).toEqual([{ kind: 'content-changed', from: 'b1', to: 'b2' }]);
  expect(chain.reasonsSince('base', 'b1')).toBeUndefined();
});

function keyAlone(key: string): readonly RememberedBuild[] {
  return [{ key, inputs: undefined }];
}

test('where no more than keys are known, a parent that changed is told before the image itself', () => {
  const earlier = { base: keyAlone('b1'), mid: keyAlone('m1'), course: keyAlone('c1') };
  expect(chainOf(today, earlier).reasons('course').map(describeReason)).toEqual([
    'base changed: content changed (key b1 to b2)',
  ]);
  expect(chainOf(today, { ...earlier, mid: keyAlone('m2') }).reasons('course')).toEqual([
    { kind: 'content-changed', from: 'c1', to: 'c2' },
  ]);
});

test('nothing remembered: never built', () => {
  expect(chainOf(today, {}).reasons('base')).toEqual([{ kind: 'never-built' }]);
});

/** The build of an image of a level, which stands on both images of the level below. */
function buildAt(level: number, age: number): ImageKey {
  const below = `k${level - 1}.${age}`;
  const parents = level === 0 ? {} : { [`a${level - 1}`]: below, [`b${level - 1}`]: below };
  return build(`k${level}.${age}`, level === 0 ? `${age}` : 'same', parents);
}

test('forty levels that meet again and again are followed at once', () => {
  const levels = Array.from({ length: 40 }, (_, level) => level);
  const names = levels.flatMap((level) => [`a${level}`, `b${level}`].map((name) => ({ name, level })));
  const chain = chainOf(
    Object.fromEntries(names.map(({ name, level }) => [name, buildAt(level, 2)])),
    Object.fromEntries(names.map(({ name, level }) => [name, [buildAt(level, 1)]])),
  );
  expect(describeReason(chain.reasons('a39')[0]!)).toBe('a0 changed: a0/file edited');
});

/** The build of an image of a level that stands on the one below. */
function linkAt(level: number, age: number): ImageKey {
  const parents = { [`i${level - 1}`]: `k${level - 1}.${age}` };
  return build(`k${level}.${age}`, level === 0 ? `${age}` : 'same', level === 0 ? {} : parents);
}

test('of a chain of three thousand images each reason is short, and ends in the first cause', () => {
  const names = Array.from({ length: 3000 }, (_, level) => `i${level}`);
  const chain = chainOf(
    Object.fromEntries(names.map((name, level) => [name, linkAt(level, 2)])),
    Object.fromEntries(names.map((name, level) => [name, [linkAt(level, 1)]])),
  );
  const reasons = names.map((name) => chain.reasons(name)[0]!);
  expect(new Set(reasons.slice(1).map(describeReason))).toEqual(new Set(['i0 changed: i0/file edited']));
  expect(Math.max(...reasons.map((reason) => JSON.stringify(reason).length))).toBeLessThan(1500);
});

test('what only the engine has of an image is told as not built from here, and blamed for nothing', () => {
  const chain = chainOf(today, {
    base: [{ key: 'b1', inputs: undefined, maybeOthers: true }],
    mid: keyAlone('m1'),
  });
  const [reason] = chain.reasons('base');
  expect(reason).toEqual({ kind: 'built-elsewhere', from: 'b1', to: 'b2' });
  expect(describeReason(reason!)).toBe(
    'not built from here; what the engine has of that name is other content (key b1, not b2)',
  );
  expect(chain.reasons('mid')).toEqual([{ kind: 'content-changed', from: 'm1', to: 'm2' }]);
});
