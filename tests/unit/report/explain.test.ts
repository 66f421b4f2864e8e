import { describe, expect, test } from 'vitest';
import { describeReason, type Reason } from '../../../src/key/reasons.ts';
import type { ChainLink, Explanation } from '../../../src/plan/explanation.ts';
import { renderExplanation, renderIfChanged } from '../../../src/report/explain.ts';

const now = Date.UTC(2026, 10, 20, 18, 0);
const plain = { colour: false, width: 80, now };
const key = (digit: string): string => digit.repeat(64);

function link(image: string, digits: readonly [string, string?], ...reasons: readonly Reason[]): ChainLink {
  const [today, before] = digits;
  return {
    image,
    key: key(today),
    ...(before === undefined ? {} : { previousKey: key(before) }),
    reasons: reasons.map((reason) => ({ ...reason, text: describeReason(reason) })),
  };
}

const edited: Reason = {
  kind: 'file-changed',
  path: 'images/base/requirements.lock',
  change: 'edited',
  from: `sha256:${key('a')}`,
  to: `sha256:${key('b')}`,
};

const instruction: Reason = {
  kind: 'dockerfile-changed',
  file: 'images/base/Dockerfile',
  line: 12,
  from: 'RUN apt-get install --yes --no-install-recommends curl git less openssh-client vim-tiny',
  to: "RUN <<EOF\napt-get update\n\u001B[2Jrm -r '/var/lib/apt/lists'\nEOF",
};

const story: Explanation = {
  image: 'course-physics-student',
  definition: 'course',
  action: 'build',
  key: key('1'),
  chain: [
    link('course-physics-student', ['1', '2'], {
      kind: 'parent-changed',
      image: 'scientific',
      because: edited,
    }),
    link('scientific', ['3', '4'], { kind: 'parent-changed', image: 'base', because: edited }),
    link('base', ['5', '6'], instruction, edited),
  ],
  parents: ['scientific'],
  ancestors: ['installer', 'base', 'scientific'],
  roots: [{ root: 'debian:trixie-slim', identity: `sha256:${key('c')}` }],
  descendants: [],
  lastBuild: { at: now - 3 * 3_600_000, key: key('2'), durationMs: 12_340 },
};

test('the story of a rebuild, to the first cause', () => {
  expect(renderExplanation(story, plain)).toBe(`course-physics-student would be built again.

  course-physics-student: scientific changed, and it stands on that
  scientific: base changed, and it stands on that
  base: images/base/Dockerfile:12 changed
      was RUN apt-get install --yes --no-install-recommends curl git less opens…
      now RUN <<EOF
  base: images/base/requirements.lock edited
      was sha256:aaaaaaaaaaaa
      now sha256:bbbbbbbbbbbb

  key           ${key('1')}
  before        ${key('2')}
  stands on     installer, base, scientific
  from outside  debian:trixie-slim (sha256:cccccccccccc)
  stands on it  nothing
  last build    2026-11-20 15:00 UTC (3 hours ago), in 12.3s, under the key
                222222222222
`);
});

test('the story of an image that is up to date', () => {
  const idle: Explanation = {
    image: 'base',
    definition: 'base',
    action: 'reuse',
    key: key('1'),
    chain: [link('base', ['1'])],
    parents: [],
    ancestors: [],
    roots: [],
    descendants: ['scientific', 'course-physics-student', 'course-physics-instructor', 'course-kit'],
  };
  expect(renderExplanation(idle, plain))
    .toBe(`base is up to date: nothing that it is made of has changed since it passed.

  key           ${key('1')}
  stands on     no other image
  from outside  nothing
  stands on it  scientific, course-physics-student, course-physics-instructor,
                course-kit
  last build    not on this machine, as far as it remembers
`);
});

describe('the beginning says what would be done', () => {
  test.each<[Explanation['action'], Reason, string]>([
    ['build', { kind: 'never-built' }, 'x would be built for the first time.\n\n  x: never built\n'],
    [
      'build',
      { kind: 'bytes-gone' },
      'x would be built again.\n\n  x: built before, but its image is gone\n',
    ],
    [
      'verify',
      { kind: 'not-verified' },
      'x would be checked again.\n\n  x: built, but has not passed today’s checks yet\n',
    ],
    ['publish', { kind: 'not-published' }, 'x would be published.\n\n  x: not in the registry yet\n'],
  ])('%s %j', (action, reason, beginning) => {
    const told = renderExplanation(
      { ...story, image: 'x', action, chain: [link('x', ['1'], reason)] },
      plain,
    );
    expect(told.slice(0, beginning.length)).toBe(beginning);
  });
});

test.each([
  [
    'a line of a heredoc',
    'RUN <<EOF\nset -e\none\nEOF',
    'RUN <<EOF\nset -e\n\u001B[2Jtwo\nEOF',
    ['was one', 'now two'],
  ],
  ['a heredoc that got shorter', 'RUN <<EOF\none\ntwo', 'RUN <<EOF\none', ['was two', 'now (nothing)']],
  ['a heredoc that got longer', 'RUN <<EOF\none', 'RUN <<EOF\none\ntwo', ['was (nothing)', 'now two']],
  ['an instruction that is new', undefined, 'USER 1000', ['now USER 1000']],
  ['one that is gone', 'USER 1000', undefined, ['was USER 1000']],
])('%s', (_, from, to, values) => {
  const told = renderExplanation(
    { ...story, chain: [link('base', ['5'], { ...instruction, from, to })] },
    plain,
  );
  expect(told.split('\n').slice(3, 3 + values.length)).toEqual(values.map((value) => `      ${value}`));
});

test.each([
  [undefined, undefined, 'not on this machine, as far as it remembers'],
  [undefined, now - 90_000, '2026-11-20 17:58 UTC (1 minute ago), as the engine tells'],
  [
    { at: now - 9 * 86_400_000, key: key('1'), durationMs: 0 },
    now,
    '2026-11-11 18:00 UTC (9 days ago), all from the cache',
  ],
])('the last build: %j, made at %j', (lastBuild, madeAt, words) => {
  const { lastBuild: _, ...rest } = story;
  const explanation: Explanation = {
    ...rest,
    ...(lastBuild === undefined ? {} : { lastBuild }),
    ...(madeAt === undefined ? {} : { madeAt }),
  };
  expect(renderExplanation(explanation, plain).trimEnd().split('\n').at(-1)).toBe(`  last build    ${words}`);
});

test('a folder of edits is not told file by file, and what nobody kept is said', () => {
  const many = Array.from({ length: 11 }, (_, index): Reason => ({
    ...edited,
    path: `images/base/${index}`,
    change: 'added',
    from: undefined,
  }));
  const told = renderExplanation(
    { ...story, chain: [link('base', ['5', '6'], ...many), link('tools', ['7', '8'])] },
    plain,
  );
  expect(told.split('\n').slice(2, 12)).toEqual([
    ...['0', '1', '2', '3', '4', '5', '6', '7'].map((name) => `  base: images/base/${name} added`),
    '  base: and 3 more reasons; `--json` tells all',
    '  tools: changed, but nobody kept what it was made from',
  ]);
});

describe('what a changed file would rebuild', () => {
  const file = {
    path: 'images/base/requirements.lock',
    kind: 'file' as const,
    readers: [{ image: 'base', use: 'context' as const }],
    rebuilt: ['base', 'scientific', 'course-physics-student', 'course-physics-instructor', 'course-kit'],
  };

  test('names who reads it and all that follows', () => {
    const dockerfile = {
      ...file,
      path: 'images/hub/Dockerfile',
      readers: [{ image: 'hub', use: 'dockerfile' as const }],
      rebuilt: ['hub'],
    };
    const lock = { ...file, path: 'matrix.lock', readers: [{ image: 'base', use: 'lock' as const }] };
    const nobody = { ...file, path: 'README.md', readers: [], rebuilt: [] };
    const matrix = { ...nobody, path: 'matrix.yaml', kind: 'definition' as const };
    expect(renderIfChanged([file, dockerfile, lock, nobody, matrix], [], 14, plain))
      .toBe(`images/base/requirements.lock is in the build context of base.
A change would rebuild 5 of 14 images:
  base, scientific, course-physics-student, course-physics-instructor,
  course-kit

images/hub/Dockerfile is the Dockerfile (comments in it change nothing) of hub.
A change would rebuild 1 of 14 images:
  hub

matrix.lock holds a digest, a commit or a day of base.
A change could rebuild, where its entry moves, 5 of 14 images:
  base, scientific, course-physics-student, course-physics-instructor,
  course-kit

README.md is part of no image: nothing would be rebuilt.

matrix.yaml may say which images there are: what a change rebuilds, \`build plan\` tells after it.
`);
  });

  test('says of a file that is not there that it is not: the name may be mistyped', () => {
    const missing = { ...file, path: 'images/base/requirments.lock', isThere: false as const };
    const nobody = { ...missing, path: 'REDME.md', readers: [], rebuilt: [] };
    expect(renderIfChanged([missing, nobody], ['hub'], 14, plain))
      .toBe(`images/base/requirments.lock does not exist.
As a new file it is in the build context of base.
hub would not be rebuilt.

REDME.md does not exist.
As a new file it is part of no image: nothing would be rebuilt.
`);
  });

  test('answers for the images that were asked for', () => {
    expect(renderIfChanged([file], ['scientific', 'hub'], 14, plain))
      .toBe(`images/base/requirements.lock is in the build context of base.
scientific would be rebuilt.
hub would not be rebuilt.
`);
  });
});

test('the last test is told with what it found, and of which bytes', () => {
  const clause = { title: 't', tier: 'gate', durationMs: 1, evidence: [] } as const;
  const verdict = {
    image: 'x',
    imageId: 'sha256:1',
    profile: 'singleuser',
    tier: 'gate',
    contract: 7,
    passed: false,
    clauses: [
      { ...clause, id: 'S1', severity: 'must', result: 'pass' },
      { ...clause, id: 'S6', severity: 'must', result: 'fail' },
      { ...clause, id: 'S20a', severity: 'should', result: 'fail' },
      { ...clause, id: 'S9', severity: 'must', result: 'waived' },
      { ...clause, id: 'S10', severity: 'must', result: 'not-run' },
    ],
    versions: { python: '3.13.5', packages: { jupyterhub: '5.5.1', numpy: '2.0' } },
    logTail: [],
    durationMs: 1,
  } as const;
  const lastTest = {
    version: 1,
    key: key('9'),
    verdictKey: key('8'),
    judgedAt: now - 60_000,
    verdict,
  } as const;
  const told = renderExplanation({ ...story, lastTest }, { ...plain, width: 120 });
  expect(told.split('\n').slice(-6)).toEqual([
    '  last test     failed 2026-11-20 17:59 UTC (1 minute ago); contract 7, singleuser, gate, under the key 999999999999',
    '    not so      S6, S20a (a remark)',
    '    waived      S9',
    '    not run     S10',
    '  inside        python 3.13.5, jupyterhub 5.5.1',
    '',
  ]);
});

test('a test that passed by other terms, and a day that moved, are told in more words than in a plan', () => {
  const verdict = {
    image: 'x',
    imageId: 'sha256:1',
    profile: 'custom',
    tier: 'gate',
    contract: 7,
    passed: true,
    clauses: [],
    logTail: [],
    durationMs: 1,
  } as const;
  const told = (lastKey: string): string =>
    renderExplanation(
      {
        ...story,
        action: 'verify',
        chain: [
          link('x', ['1'], { kind: 'not-verified' }),
          link('y', ['1'], { kind: 'epoch-moved', from: '2026-11-20', to: '2026-11-25' }),
        ],
        lastTest: { version: 1, key: lastKey, verdictKey: key('8'), judgedAt: now, verdict },
      },
      plain,
    );
  expect(told(key('1')).split('\n').slice(2, 6)).toEqual([
    '  x: passed, but by other terms than today’s: contract, kind, check, maxSize,',
    '    resources or waivers',
    '  y: the day of its system packages (its epoch in matrix.lock moved from',
    '    2026-11-20 to 2026-11-25)',
  ]);
  expect(told(key('9'))).toContain('  x: built, but has not passed today’s checks yet\n');
});

const listed = (count: number): string => {
  const packages = Array.from({ length: count }, (_, index) => ({
    name: `package${index}`,
    from: '1.0',
    to: '2.0',
  }));
  const chain = [link('base', ['5', '6'], { ...edited, packages })];
  return renderExplanation({ ...story, image: 'base', chain }, plain)
    .split('\n')
    .slice(2, -8)
    .join('\n');
};

describe('an edited list of Python packages', () => {
  test('of few is told in its own line, of many below it, as far as anybody reads', () => {
    expect(listed(1)).toContain('base: images/base/requirements.lock edited: package0 1.0 → 2.0\n');
    expect(listed(0)).toContain('requirements.lock edited, no version in it');
    const many = listed(50);
    expect(many).toContain('package2 1.0 → 2.0 and 47');
    expect(many).toContain('package4 1.0 → 2.0, package5 1.0 → 2.0');
    expect(many).toContain('and 10 more; `--json` tells all');
    expect(many).not.toContain('sha256');
  });
});
