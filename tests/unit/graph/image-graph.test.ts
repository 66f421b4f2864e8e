import { describe, expect, test } from 'vitest';
import { buildGraph, exactDockerfile, type ReferenceTarget } from '../../../src/graph/image-graph.ts';
import { emptyLock } from '../../../src/matrix/lock.ts';
import { graphOf, imageOf, readFamily, rootOf, setOf } from '../../rig/image-set.ts';

const parentsOf = (...family: Parameters<typeof graphOf>): Record<string, readonly string[]> =>
  Object.fromEntries([...graphOf(...family).graph.nodes].map(([name, node]) => [name, node.parents]));

const rootsOf = (...family: Parameters<typeof graphOf>): readonly string[] => [
  ...graphOf(...family).graph.roots.keys(),
];

function errorsOf(...family: Parameters<typeof graphOf>) {
  const result = readFamily(...family);
  return result.ok ? [] : result.error;
}

const shown = (target: ReferenceTarget): string =>
  target.kind === 'image' ? `local/${target.name}:key` : `${target.root}@sha256:0`;

describe('parents', () => {
  test.each([
    ['FROM', 'FROM base', ['base']],
    ['an argument with its default', 'ARG B=base\nFROM ${B}', ['base']],
    ['arguments put together', 'ARG A=ba\nARG C=${A}s\nFROM $C"e"', ['base']],
    ['a default within FROM', 'ARG B\nFROM ${B:-base}', ['base']],
    ['an alternative within FROM', 'ARG B=x\nFROM ${B:+base}', ['base']],
    ['COPY --from', 'FROM x:1\nCOPY --from=base / /', ['base']],
    ['RUN --mount', 'FROM x:1\nRUN --mount=type=bind,from=base,target=/b true', ['base']],
    [
      'each once, in order of first use',
      'FROM other\nCOPY --from=base a b\nCOPY --from=other a b',
      ['other', 'base'],
    ],
    ['a stage of the same name stands before the image', 'FROM x:1 AS base\nFROM base', []],
    [
      'a stage may be called like the image that it comes from',
      'FROM base AS base\nUSER 1\nFROM base',
      ['base'],
    ],
    ['--from knows no case', 'FROM x:1 AS Base\nFROM x:1\nCOPY --from=BASE / /', []],
    ['a stage by its number', 'FROM x:1\nFROM y:1\nCOPY --from=0 a b', []],
    ['a stage that the target does not need', 'FROM base AS unused\nFROM x:1', []],
    [
      'a stage that it needs by a mount',
      'FROM base AS tools\nFROM x:1\nRUN --mount=from=tools,target=/t true',
      ['base'],
    ],
    ['scratch is nothing', 'FROM scratch\nCOPY --from=base a b', ['base']],
    ['a heredoc is no FROM', 'FROM x:1\nRUN <<EOF\nFROM base\nEOF', []],
    ['--platform is left alone', 'FROM --platform=linux/amd64 base', ['base']],
  ])('%s', (_, text, expected) => {
    expect(parentsOf({ base: 'FROM r:1', other: 'FROM r:1', it: `${text}\n` })['it']).toEqual(expected);
  });

  test('an argument of the image goes before the default', () => {
    const args = { a: { args: { BASE: 'other' } } };
    expect(
      parentsOf({ base: 'FROM r:1', other: 'FROM r:1', a: 'ARG BASE=base\nFROM ${BASE}' }, args)['a'],
    ).toEqual(['other']);
  });

  test('the target stage decides, by name without regard to case', () => {
    const text = 'FROM base AS one\nFROM other AS two\n';
    const parents = parentsOf({ base: 'FROM r:1', other: 'FROM r:1', it: text }, { it: { target: 'ONE' } });
    expect(parents['it']).toEqual(['base']);
  });

  test('TARGETARCH is known where the platform is', () => {
    const set = setOf([imageOf('tool-arm64'), imageOf('it')]);
    const texts = new Map([
      ['tool-arm64/Dockerfile', 'FROM r:1'],
      ['it/Dockerfile', 'FROM tool-${TARGETARCH}'],
    ]);
    const built = buildGraph(set, texts, 'linux/arm64');
    expect(built.ok && built.value.graph.nodes.get('it')?.parents).toEqual(['tool-arm64']);
  });
});

describe('what names an image of the family', () => {
  const registry = { prefix: 'localhost:5000/hub', naming: 'repository-per-image' } as const;
  const tags = ['latest', '{date}-{key}', 'v-{name}', 'r{key}'];

  test.each([
    ['localhost:5000/hub/base', ['base']],
    ['localhost:5000/hub/base:latest', ['base']],
    ['localhost:5000/hub/base:v-base', ['base']],
    ['localhost:5000/hub/base:2024', []],
    ['localhost:5000/hub/base:r', []],
    [`localhost:5000/hub/base@sha256:${'a'.repeat(64)}`, []],
    ['quay.io/jupyter/minimal-notebook', ['base']],
    ['quay.io/jupyter/minimal-notebook:2024', []],
    ['base:latest', []],
  ])('one repository for each: %s', (reference, expected) => {
    const provides = ['quay.io/jupyter/minimal-notebook'];
    const parents = parentsOf(
      { base: 'FROM r:1', it: `FROM ${reference}` },
      { base: { provides } },
      { registry, tags },
    );
    expect(parents['it']).toEqual(expected);
  });

  test('arguments may spell a provided reference', () => {
    const text = 'ARG REGISTRY=quay.io\nARG OWNER=jupyter\nFROM $REGISTRY/$OWNER/minimal-notebook\n';
    const provides = ['quay.io/jupyter/minimal-notebook'];
    expect(parentsOf({ base: 'FROM r:1', it: text }, { base: { provides } })['it']).toEqual(['base']);
  });

  test.each([
    ['localhost:5000/hub:base-latest', ['base']],
    ['localhost:5000/hub:base-2024', []],
    ['localhost:5000/hub', []],
  ])('one repository for all: %s', (reference, expected) => {
    const single = { prefix: 'localhost:5000/hub', naming: 'single-repository' } as const;
    const parents = parentsOf(
      { base: 'FROM r:1', it: `FROM ${reference}` },
      {},
      { registry: single, tags: ['latest'] },
    );
    expect(parents['it']).toEqual(expected);
  });
});

describe('roots', () => {
  test('a declared root is known by every spelling of its reference', () => {
    const roots = [rootOf('debian', 'debian:trixie-slim')];
    const { graph } = graphOf(
      { a: 'FROM docker.io/library/debian:trixie-slim', b: 'FROM debian:trixie-slim' },
      {},
      { roots },
    );
    expect([...graph.roots.values()]).toEqual(roots);
    expect(graph.nodes.get('a')?.roots).toMatchObject([
      { root: 'debian:trixie-slim', span: { file: 'a/Dockerfile', line: 1, column: 6 } },
    ]);
  });

  test('any other reference becomes a root of its own, locked by its reference', () => {
    const locked = `sha256:${'b'.repeat(64)}`;
    const { graph } = graphOf(
      { a: 'FROM x:1\nCOPY --from=y:2 / /' },
      {},
      { lock: { ...emptyLock, roots: { 'y:2': { from: undefined, digest: locked } } } },
    );
    expect([...graph.roots.values()]).toMatchObject([
      { name: 'x:1', from: 'x:1', digest: undefined, span: { line: 1, column: 6 } },
      { name: 'y:2', from: 'y:2', digest: locked, span: { line: 2, column: 13 } },
    ]);
  });

  test('a digest in the reference is its digest', () => {
    const digest = `sha256:${'c'.repeat(64)}`;
    const { graph } = graphOf({ a: `FROM x@${digest}` });
    expect(graph.roots.get(`x@${digest}`)?.digest).toBe(digest);
  });

  test('no tag is the tag latest', () => {
    expect(rootsOf({ a: 'FROM x', b: 'FROM x:latest' })).toEqual(['x']);
  });
});

describe('the graph', () => {
  const family = {
    top: 'FROM middle\nCOPY --from=tool / /',
    middle: 'FROM bottom',
    bottom: 'FROM r:1',
    tool: 'FROM r:1',
    apart: 'FROM r:1',
  };

  test("parents come first, apart from that the order is the file's", () => {
    expect(graphOf(family).graph.order).toEqual(['bottom', 'middle', 'tool', 'top', 'apart']);
  });

  test('it answers children, ancestors and descendants', () => {
    const { graph } = graphOf(family);
    expect(graph.children('bottom')).toEqual(['middle']);
    expect(graph.ancestors(['top', 'middle'])).toEqual(['bottom', 'tool']);
    expect(graph.descendants(['bottom'])).toEqual(['middle', 'top']);
    expect(graph.descendants(['apart'])).toEqual([]);
  });
});

describe('the exact Dockerfile', () => {
  test('has its references replaced and every line where it was', () => {
    const text = [
      'ARG BASE=base',
      '# FROM base',
      'FROM ${BASE} AS one',
      'RUN --mount=type=bind,from=base,target=/b \\',
      '  true',
      'FROM --platform=linux/amd64 \\',
      '  x:1',
      'COPY --from=one / /',
      'COPY --from=base base /',
      '',
    ].join('\n');
    const node = graphOf({ base: 'FROM r:1', it: text }).graph.nodes.get('it');
    expect(node && exactDockerfile(node, shown)).toBe(
      [
        'ARG BASE=base',
        '# FROM base',
        'FROM local/base:key AS one',
        'RUN --mount=type=bind,from=local/base:key,target=/b \\',
        '  true',
        'FROM --platform=linux/amd64 \\',
        '  x:1@sha256:0',
        'COPY --from=one / /',
        'COPY --from=local/base:key base /',
        '',
      ].join('\n'),
    );
  });

  test('a reference that is broken over two lines keeps both', () => {
    const node = graphOf({ base: 'FROM r:1', it: 'FROM ba\\\nse AS x\nUSER 1\n' }).graph.nodes.get('it');
    expect(node && exactDockerfile(node, shown)).toBe('FROM local/base:key\\\n AS x\nUSER 1\n');
  });
});

describe('mistakes', () => {
  test.each([
    ['an undeclared argument', 'FROM ${BASE}', 'undefined-argument', 1, 6, '${BASE}'],
    [
      'an argument declared too late',
      'FROM x:1\nARG BASE=x\nFROM $BASE',
      'undefined-argument',
      3,
      6,
      '$BASE',
    ],
    ['an empty reference', 'ARG BASE\nFROM "${BASE}"', 'empty-reference', 2, 6, '"${BASE}"'],
    ['no reference', 'FROM x::1', 'invalid-reference', 1, 6, 'x::1'],
    ['no reference in --from', 'FROM x:1\nCOPY --from=Y/z a b', 'invalid-reference', 2, 13, 'Y/z'],
    ['a stage that is not yet there', 'FROM x:1 AS it\nCOPY --from=it a b', 'stage-too-late', 2, 13, 'it'],
    ['a number that no stage has', 'FROM x:1\nCOPY --from=1 a b', 'stage-too-late', 2, 13, '1'],
    ['a stage in upper case', 'FROM x:1 AS one\nFROM ONE', 'invalid-reference', 2, 6, 'ONE'],
    ['a variable in --from', 'ARG B=x\nFROM x:1\nCOPY --from=$B a b', 'variable-in-from', 3, 13, '$B'],
    [
      'a download that nothing pins',
      'FROM x:1\nADD https://e.org/f /',
      'unpinned-download',
      2,
      5,
      'https://e.org/f',
    ],
  ])('%s', (_, text, code, line, column, marked) => {
    const [error, ...others] = errorsOf({ it: text });
    expect(others).toEqual([]);
    expect(error).toMatchObject({
      code,
      span: { file: 'it/Dockerfile', line, column, length: marked.length },
    });
  });

  test('a stage that is not needed may be wrong', () => {
    expect(errorsOf({ it: 'FROM ${NOBODY} AS unused\nADD https://e.org/f /\nFROM x:1' })).toEqual([]);
  });

  test('an unknown target is told where the image is defined', () => {
    expect(errorsOf({ it: 'FROM x:1 AS final' }, { it: { target: 'finall' } })).toMatchObject([
      { code: 'unknown-target', span: { file: 'matrix.yaml' }, help: 'did you mean `final`?' },
    ]);
  });

  test('what images of one Dockerfile have in common is told once', () => {
    const dockerfile = 'shared/Dockerfile';
    const set = setOf([imageOf('a', { dockerfile }), imageOf('b', { dockerfile })]);
    const result = buildGraph(set, new Map([[dockerfile, 'FROM $X']]), 'linux/amd64');
    expect(result.ok ? [] : result.error).toHaveLength(1);
  });

  test('a cycle has the same trail whatever the order of the file', () => {
    const texts = { c: 'FROM a', a: 'FROM b', b: 'FROM x:1\nCOPY --from=c / /', d: 'FROM a' };
    const forward = errorsOf(texts);
    const backward = errorsOf(Object.fromEntries(Object.entries(texts).toReversed()));
    expect(forward).toEqual(backward);
    expect(forward).toMatchObject([
      {
        code: 'dependency-cycle',
        message: 'these images draw on one another in a circle: a → b → c → a',
        help: expect.stringContaining('let one of them start from something else'),
        span: { file: 'a/Dockerfile', line: 1, column: 6 },
        notes: [
          { message: '`a` draws on `b`', span: { file: 'a/Dockerfile', line: 1 } },
          { message: '`b` draws on `c`', span: { file: 'b/Dockerfile', line: 2, column: 13 } },
          { message: '`c` draws on `a`', span: { file: 'c/Dockerfile', line: 1 } },
        ],
      },
    ]);
  });

  test('an image that draws on itself, and two circles apart', () => {
    const errors = errorsOf({ a: 'FROM a', y: 'FROM z', z: 'FROM y' });
    expect(errors.map(({ message }) => message.replace(/.*: /, ''))).toEqual(['a → a', 'y → z → y']);
  });
});

const codes = (...family: Parameters<typeof graphOf>): readonly string[] =>
  graphOf(...family).warnings.map(({ code }) => code);

const nowhere = { file: 'matrix.yaml', line: 1, column: 1, length: 1, text: '' };

/** What is told of a step with this mount, where the secret `token` is declared. */
function toldOfMount(option: string) {
  const secrets = [{ id: 'token', source: { kind: 'env', name: 'TOKEN' }, span: nowhere }] as const;
  return graphOf({ it: `FROM r:1\nRUN --mount=${option} true` }, {}, { secrets }).warnings;
}

describe('warnings', () => {
  test.each([
    ["a name that is nearly an image's", 'FROM bsae', ['near-name']],
    ["an image's name with a tag", 'FROM base:1', ['near-name']],
    ['a name far from all', 'FROM postgres', []],
    [
      "a name that is nearly a stage's",
      'FROM base AS builder\nFROM base\nCOPY --from=buidler /a /b\nRUN --mount=from=bilder true',
      ['near-name', 'near-name'],
    ],
    ["a reference that is nearly a stage's name", 'FROM base AS n\nFROM base\nCOPY --from=x/n /a /b', []],
    ["a root that is nearly a stage's name", 'FROM node AS node2\nCOPY --from=nginx:1 /a /b', []],
    ['a frontend from outside', '# syntax=docker/dockerfile:1\nFROM base', ['external-frontend']],
    ['ONBUILD that draws on an image', 'FROM base\nONBUILD COPY --from=base a b', ['deferred-reference']],
    ['ONBUILD that does not', 'FROM base\nONBUILD RUN true', []],
  ])('%s', (_, text, expected) => {
    expect(codes({ base: 'FROM r:1', it: text })).toEqual(expected);
  });

  test('a secret that matrix.yaml does not declare: the build would go on without it', () => {
    expect(toldOfMount('type=secret,id=tokne')).toMatchObject([
      {
        code: 'undeclared-secret',
        message: 'matrix.yaml declares no secret `tokne`: this step gets none',
        help: 'did you mean `token`?',
        span: { line: 2 },
      },
    ]);
    expect(toldOfMount('type=secret,target=/run/secrets/netrc')).toMatchObject([
      { help: 'list it: `secrets: [{ id: netrc, env: NETRC }]`' },
    ]);
    for (const fine of ['type=secret,id=token', 'type=secret,id=ca,target=/x', 'type=cache,id=pip,target=/c'])
      expect(toldOfMount(fine)).toEqual([]);
  });

  test('a declared root is meant as it is', () => {
    expect(codes({ base: 'FROM bass' }, {}, { roots: [rootOf('bass', 'bass')] })).toEqual([]);
  });

  test('an argument that the Dockerfile does not declare, once for all images of a definition', () => {
    const parts = { definition: 'it', args: { BSAE: 'x' } };
    const { warnings } = graphOf({ it: 'ARG BASE\nFROM r:1' }, { it: parts });
    expect(warnings).toMatchObject([{ code: 'undeclared-argument', help: 'did you mean `BASE`?' }]);
  });

  test('an argument for another target of the Dockerfile is no mistake', () => {
    const parts = { args: { INDEX: 'x' }, target: 'plain' };
    const { warnings } = graphOf({ it: 'FROM r:1 AS plain\nFROM r:1 AS other\nARG INDEX' }, { it: parts });
    expect(warnings).toEqual([]);
  });
});
