import { describe, expect, test } from 'vitest';
import type { KeyInputs, ListedEntry } from '../../../src/key/content-key.ts';
import { describeReason, explainChange, type Reason } from '../../../src/key/reasons.ts';

const inputs: KeyInputs = {
  schema: 1,
  platform: 'linux/amd64',
  target: null,
  epoch: '2026-01-01',
  args: { EPOCH: '2026-01-01', COLOUR: 'red' },
  instructions: [
    { line: 3, text: 'FROM image:base' },
    { line: 9, text: 'RUN true' },
  ],
  parents: [{ name: 'base', key: 'k1' }],
  roots: [{ root: 'debian:trixie', identity: 'sha256:1' }],
  context: [
    { kind: 'file', path: 'a', mode: 0o644, sha256: '1' },
    { kind: 'symlink', path: 'l', target: 'a' },
  ],
};

const place = { dockerfile: 'images/x/Dockerfile', context: 'images/x' };

const id = (letter: string): string => `sha256:${letter.repeat(64)}`;

function changedInstruction(from: KeyInputs, to: KeyInputs): Reason | undefined {
  return explainChange(from, to, place).find(({ kind }) => kind === 'dockerfile-changed');
}

describe('what changed', () => {
  test('an instruction that draws on images, with their names', () => {
    const after: KeyInputs = {
      ...inputs,
      instructions: [
        { line: 3, text: 'FROM --platform=linux/amd64 root:0 AS image:base' },
        { line: 9, text: 'RUN --mount=type=bind,from=image:tool,target=/t curl root:0' },
      ],
    };
    const [, second] = after.instructions;
    expect(changedInstruction(inputs, after)).toMatchObject({
      from: 'FROM base',
      to: 'FROM --platform=linux/amd64 debian:trixie AS image:base',
    });
    const copied = { ...inputs, instructions: inputs.instructions.slice(0, 1).concat(second ?? []) };
    expect(changedInstruction(copied, inputs)).toMatchObject({
      from: 'RUN --mount=type=bind,from=tool,target=/t curl root:0',
      to: 'RUN true',
    });
  });

  test('nothing', () => {
    expect(explainChange(inputs, structuredClone(inputs), place)).toEqual([]);
  });

  test('everything at once, the most telling first', () => {
    const context: readonly ListedEntry[] = [
      { kind: 'file', path: 'a', mode: 0o755, sha256: '1' },
      { kind: 'file', path: 'b', mode: 0o644, sha256: '2' },
    ];
    const after: KeyInputs = {
      schema: 1,
      platform: 'linux/arm64',
      target: null,
      epoch: '2026-02-01',
      args: { EPOCH: '2026-02-01', SHAPE: 'round' },
      instructions: [
        { line: 4, text: 'FROM image:base' },
        { line: 11, text: 'RUN false' },
      ],
      parents: [{ name: 'base', key: 'k2' }],
      roots: [{ root: 'debian:trixie', identity: 'sha256:2' }],
      context,
    };
    expect(explainChange(inputs, after, place)).toEqual([
      { kind: 'platform-changed', from: 'linux/amd64', to: 'linux/arm64' },
      {
        kind: 'dockerfile-changed',
        file: 'images/x/Dockerfile',
        line: 11,
        from: 'RUN true',
        to: 'RUN false',
      },
      { kind: 'file-changed', path: 'images/x/a', change: 'mode', from: '0644', to: '0755' },
      { kind: 'file-changed', path: 'images/x/b', change: 'added', from: undefined, to: 'sha256:2' },
      { kind: 'file-changed', path: 'images/x/l', change: 'removed', from: '→ a', to: undefined },
      { kind: 'argument-changed', name: 'COLOUR', from: 'red', to: undefined },
      { kind: 'argument-changed', name: 'SHAPE', from: undefined, to: 'round' },
      { kind: 'epoch-moved', from: '2026-01-01', to: '2026-02-01' },
      { kind: 'root-moved', root: 'debian:trixie', from: 'sha256:1', to: 'sha256:2' },
      { kind: 'parent-changed', image: 'base' },
    ]);
  });

  test('another target, which takes other instructions', () => {
    const after = { ...inputs, target: 'x', instructions: [] };
    expect(explainChange(inputs, after, place)).toEqual([
      { kind: 'target-changed', from: undefined, to: 'x' },
    ]);
  });

  test('never built, and another schema, stand alone', () => {
    expect(explainChange(undefined, inputs, place)).toEqual([{ kind: 'never-built' }]);
    expect(explainChange({ ...inputs, schema: 0, epoch: null }, inputs, place)).toEqual([
      { kind: 'schema-changed', from: 0, to: 1 },
    ]);
  });

  const run = inputs.instructions[1]?.text;
  const [first, second] = inputs.instructions;
  test.each([
    ['lost its end', [first!], undefined, run, undefined],
    ['got a longer end', [first!, second!, { line: 12, text: 'USER 1' }], 12, undefined, 'USER 1'],
    ['got one in the middle', [first!, { line: 5, text: 'USER 1' }, second!], 5, undefined, 'USER 1'],
    ['lost its beginning', [second!], 9, 'FROM base', undefined],
    ['says one twice', [first!, second!, second!], 9, undefined, run],
  ])('a Dockerfile that %s', (_, instructions, line, before, now) => {
    expect(explainChange(inputs, { ...inputs, instructions }, place)).toEqual([
      { kind: 'dockerfile-changed', file: 'images/x/Dockerfile', line, from: before, to: now },
    ]);
  });

  test('a file in the place of a link, in a context that is the whole repository', () => {
    const context: readonly ListedEntry[] = [
      inputs.context[0]!,
      { kind: 'file', path: 'l', mode: 0o644, sha256: '1' },
    ];
    expect(explainChange(inputs, { ...inputs, context }, { ...place, context: '.' })).toEqual([
      { kind: 'file-changed', path: 'l', change: 'edited', from: '→ a', to: 'sha256:1' },
    ]);
  });
});

const edited: Reason = {
  kind: 'file-changed',
  path: 'images/base/apt.txt',
  change: 'edited',
  from: 'sha256:1',
  to: 'sha256:2',
};

function dockerfileAt(line: number | undefined): Reason {
  return { kind: 'dockerfile-changed', file: 'images/base/Dockerfile', line, from: undefined, to: undefined };
}

describe('in plain words', () => {
  test.each<[Reason, string]>([
    [edited, 'images/base/apt.txt edited'],
    [{ ...edited, change: 'mode', from: '0644', to: '0755' }, 'images/base/apt.txt has another mode'],
    [{ kind: 'parent-changed', image: 'base' }, 'base changed'],
    [{ kind: 'parent-changed', image: 'base', because: edited }, 'base changed: images/base/apt.txt edited'],
    [
      {
        kind: 'parent-changed',
        image: 'mid',
        because: { kind: 'parent-changed', image: 'base', because: edited },
      },
      'base changed: images/base/apt.txt edited',
    ],
    [
      { kind: 'parent-changed', image: 'mid', because: { kind: 'parent-changed', image: 'base' } },
      'mid changed: base changed',
    ],
    [
      { kind: 'root-moved', root: 'debian', from: id('a'), to: id('b') },
      'root debian moved from sha256:aaaaaaaaaaaa to sha256:bbbbbbbbbbbb',
    ],
    [{ kind: 'argument-changed', name: 'A', from: undefined, to: '1' }, 'argument A is new: "1"'],
    [{ kind: 'argument-changed', name: 'A', from: '1', to: undefined }, 'argument A is gone, was "1"'],
    [
      { kind: 'epoch-moved', from: '2026-01-01', to: '2026-02-01' },
      'epoch moved from 2026-01-01 to 2026-02-01',
    ],
    [dockerfileAt(3), 'images/base/Dockerfile:3 changed'],
    [dockerfileAt(undefined), 'images/base/Dockerfile changed'],
    [{ kind: 'target-changed', from: 'a', to: 'b' }, 'target stage moved from a to b'],
    [{ kind: 'never-built' }, 'never built'],
    [{ kind: 'bytes-gone' }, 'built before, but its image is gone'],
    [{ kind: 'forced' }, 'forced'],
  ])('%j', (reason, words) => {
    expect(describeReason(reason)).toBe(words);
  });
});
