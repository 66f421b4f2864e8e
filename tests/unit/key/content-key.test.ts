import { describe, expect, test } from 'vitest';
import type { ContextEntry } from '../../../src/engine/engine.ts';
import {
  buildArgs,
  computeKeys,
  effectiveArgs,
  type ImageKey,
  keyOf,
  keySchemaVersion,
  type KeySources,
} from '../../../src/key/content-key.ts';
import { explainChange } from '../../../src/key/reasons.ts';
import type { Image, ImageSet } from '../../../src/matrix/image-set.ts';
import { graphOf } from '../../rig/image-set.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const file = (path: string, letter = 'a', mode: 0o644 | 0o755 = 0o644): ContextEntry => ({
  kind: 'file',
  path,
  mode,
  size: 1,
  sha256: letter.repeat(64),
});

interface Situation {
  readonly base: string;
  readonly child: string;
  readonly image: Partial<Image>;
  readonly set: Partial<ImageSet>;
  readonly sources: KeySources;
}

const here = { dockerfile: 'Dockerfile', context: '.' };

const start: Situation = {
  base: 'FROM debian:trixie-slim\nRUN one\n',
  child: [
    'ARG BASE=base',
    'FROM ${BASE} AS build',
    'ARG COLOUR',
    'ARG EPOCH',
    'RUN --mount=type=bind,from=tools:1,target=/t two \\',
    '  && three <<EOF',
    'text',
    'EOF',
    'FROM other:1 AS unused',
    'USER 1',
    'FROM build AS last',
    'USER 2',
    'FROM build AS again',
    'USER 2',
    '',
  ].join('\n'),
  image: {
    context: 'child',
    target: 'last',
    epoch: '2026-01-01',
    args: { COLOUR: 'red', SHAPE: 'round' },
  },
  set: { tags: ['latest'] },
  sources: {
    platform: 'linux/amd64',
    roots: new Map([
      ['debian:trixie-slim', digest('1')],
      ['tools:1', digest('2')],
      ['other:1', digest('3')],
    ]),
    contexts: new Map([
      [
        'child',
        [
          { kind: 'directory', path: 'd', mode: 0o755 },
          file('d/a'),
          { kind: 'symlink', path: 'l', target: 'd' },
        ],
      ],
    ]),
  },
};

function keysOf(situation: Situation): ReadonlyMap<string, ImageKey> {
  const { base, child, image, set, sources } = situation;
  return computeKeys(graphOf({ base, child }, { child: image }, set).graph, sources);
}

function keyOfChild(situation: Situation): ImageKey {
  const key = keysOf(situation).get('child');
  if (key === undefined) throw new Error('child has no key');
  return key;
}

const edit = (from: string, to: string): Partial<Situation> => ({ child: start.child.replace(from, to) });
const context = (...entries: readonly ContextEntry[]): Partial<Situation> => ({
  sources: { ...start.sources, contexts: new Map([['child', entries]]) },
});
const root = (name: string, identity: string): Partial<Situation> => ({
  sources: { ...start.sources, roots: new Map([...start.sources.roots, [name, identity]]) },
});
const image = (parts: Partial<Image>): Partial<Situation> => ({ image: { ...start.image, ...parts } });
const [folder, plain, link] = start.sources.contexts.get('child') as readonly [
  ContextEntry,
  ContextEntry,
  ContextEntry,
];

describe('every input enters the key, and has its reason', () => {
  test.each<[string, Partial<Situation>, ...string[]]>([
    [
      'the platform',
      { sources: { ...start.sources, platform: 'linux/arm64' } },
      'platform-changed',
      'parent-changed',
    ],
    ['the target', image({ target: 'again' }), 'target-changed'],
    ['the epoch', image({ epoch: '2026-01-02' }), 'epoch-moved'],
    ['an argument', image({ args: { COLOUR: 'blue' } }), 'argument-changed'],
    ['an argument that is gone', image({ args: {} }), 'argument-changed'],
    ['an instruction', edit('two', 'zwei'), 'dockerfile-changed'],
    ["an argument's default", edit('ARG COLOUR', 'ARG COLOUR=green'), 'dockerfile-changed'],
    ['a heredoc', edit('\ntext\n', '\ntext \n'), 'dockerfile-changed'],
    ['a comment in a heredoc', edit('\ntext\n', '\n# why\ntext\n'), 'dockerfile-changed'],
    [
      'a directive',
      { child: `# escape=\`\n${start.child.replace('two \\\n', 'two ')}` },
      'dockerfile-changed',
    ],
    ['an instruction at the end', edit('AS last\nUSER 2\n', 'AS last\n'), 'dockerfile-changed'],
    ['its root', root('tools:1', digest('4')), 'root-moved'],
    ["its parent's root", root('debian:trixie-slim', digest('4')), 'parent-changed'],
    ["its parent's Dockerfile", { base: 'FROM debian:trixie-slim\nRUN uno\n' }, 'parent-changed'],
    ['a root made on the spot', root('tools:1', `diffid:${digest('2')}`), 'root-moved'],
    ["a file's content", context(folder, file('d/a', 'b'), link), 'file-changed'],
    ["a file's mode", context(folder, file('d/a', 'a', 0o755), link), 'file-changed'],
    ["a file's name", context(folder, file('d/b'), link), 'file-changed', 'file-changed'],
    ['a new file', context(folder, plain, file('d/b'), link), 'file-changed'],
    [
      'an empty folder',
      context(folder, plain, link, { kind: 'directory', path: 'x', mode: 0o755 }),
      'file-changed',
    ],
    ["a link's target", context(folder, plain, { kind: 'symlink', path: 'l', target: 'e' }), 'file-changed'],
    ['a file in the place of a link', context(folder, plain, file('l')), 'file-changed'],
  ])('%s', (_, change, ...reasons) => {
    const before = keyOfChild(start);
    const after = keyOfChild({ ...start, ...change });
    expect(after.key).not.toBe(before.key);
    expect(explainChange(before.inputs, after.inputs, here).map(({ kind }) => kind)).toEqual(reasons);
  });
});

describe('nothing else does', () => {
  test.each<[string, Partial<Situation>]>([
    [
      'comments and blank lines',
      {
        child: `# why\n\n${start.child.replace('RUN', '# how\n\nRUN').replace('&& three', '# c\n  && three').replace('\n  # c', '\n# c')}`,
      },
    ],
    ['the case of keywords', edit('FROM build AS last', 'from build AS last')],
    ['line ends of Windows', { base: start.base.replaceAll('\n', '\r\n') }],
    ['a stage that the target does not need', edit('USER 1', 'USER 7')],
    ["that stage's root", root('other:1', digest('9'))],
    ['an argument that the Dockerfile does not declare', image({ args: { COLOUR: 'red', SHAPE: 'square' } })],
    ['the order of arguments', image({ args: { SHAPE: 'round', COLOUR: 'red' } })],
    [
      'tags and registry',
      { set: { tags: ['v2'], registry: { prefix: 'localhost:5000', naming: 'repository-per-image' } } },
    ],
    ['where the repository lies', { set: { directory: '/elsewhere' } }],
    [
      'kind, resources and bounds',
      image({ kind: 'hub', resources: { memory: 1 }, maxSize: 1, provides: ['q.io/x'] }),
    ],
    [
      "the spelling of a root's reference",
      {
        base: 'FROM docker.io/library/debian:trixie-slim\nRUN one\n',
        ...root('docker.io/library/debian:trixie-slim', digest('1')),
        ...root('debian:trixie-slim', digest('1')),
      },
    ],
  ])('%s', (_, change) => {
    const before = keyOfChild(start);
    const after = keyOfChild({ ...start, ...change });
    expect(after.key).toBe(before.key);
    expect(explainChange(before.inputs, after.inputs, here)).toEqual([]);
  });

  test('by which of its names a parent is named', () => {
    const provides = ['q.io/base'];
    const [byName, byReference] = ['FROM base', 'FROM q.io/base'].map((child) => {
      const { graph } = graphOf({ base: start.base, child }, { base: { provides } });
      return computeKeys(graph, start.sources).get('child')?.key;
    });
    expect(byReference).toBe(byName);
  });
});

describe('keys', () => {
  test('are pinned: whoever changes the struct moves the schema version, and this value', () => {
    expect(keySchemaVersion).toBe(1);
    expect(keyOfChild(start).key).toBe('5189257efc47988bf758c9079f1c06109127fc7732aa21073a63df3a1b8674f9');
  });

  test('can be made again from the inputs that are kept as JSON', () => {
    const { key, inputs } = keyOfChild(start);
    expect(keyOf(JSON.parse(JSON.stringify(inputs)) as typeof inputs)).toBe(key);
  });

  test('are made for what is asked and what it stands on alone', () => {
    const { graph } = graphOf({ base: start.base, child: 'FROM base', far: 'FROM nowhere:1' });
    expect([...computeKeys(graph, start.sources, ['child']).keys()]).toEqual(['base', 'child']);
  });

  test('are not made without an identity or a listing', () => {
    const { graph } = graphOf({ far: 'FROM nowhere:1' });
    expect(() => computeKeys(graph, start.sources)).toThrow('identity of nowhere:1');
    const contexts = new Map();
    expect(() => keyOfChild({ ...start, sources: { ...start.sources, contexts } })).toThrow(
      'context of child',
    );
  });
});

const nodeOf = (text: string, parts: Partial<Image>) => {
  const node = graphOf({ it: text }, { it: parts }).graph.nodes.get('it');
  if (node === undefined) throw new Error('no node');
  return node;
};

describe('arguments', () => {
  test('are those that the Dockerfile declares, before the first FROM or in a stage that is needed', () => {
    const args = { A: '1', B: '2', C: '3', D: '4' };
    const text = 'ARG A\nFROM x:1 AS unused\nARG B\nFROM x:1\nARG C\n';
    expect(effectiveArgs(nodeOf(text, { args }))).toEqual({ A: '1', C: '3' });
  });

  test('the epoch is one where it is declared and known; a value from matrix.yaml goes before', () => {
    const declared = 'FROM x:1\nARG EPOCH\n';
    expect(effectiveArgs(nodeOf(declared, { epoch: '2026-01-01' }))).toEqual({ EPOCH: '2026-01-01' });
    expect(effectiveArgs(nodeOf(declared, { epoch: '2026-01-01', args: { EPOCH: 'x' } }))).toEqual({
      EPOCH: 'x',
    });
    expect(effectiveArgs(nodeOf(declared, {}))).toEqual({});
    expect(effectiveArgs(nodeOf('FROM x:1', { epoch: '2026-01-01' }))).toEqual({});
  });

  test('a proxy reaches the build, and no key', () => {
    const node = nodeOf('FROM x:1', { args: { HTTPS_PROXY: 'http://proxy:3128', OTHER: 'x' } });
    expect(effectiveArgs(node)).toEqual({});
    expect(buildArgs(node)).toEqual({ HTTPS_PROXY: 'http://proxy:3128' });
  });
});
