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

const id = (letter: string): string => `sha256:${letter.repeat(64)}`;

describe('what changed', () => {
  test('nothing', () => {
    expect(explainChange(inputs, structuredClone(inputs))).toEqual([]);
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
    expect(explainChange(inputs, after)).toEqual([
      { kind: 'platform-changed', from: 'linux/amd64', to: 'linux/arm64' },
      { kind: 'dockerfile-changed', line: 11 },
      { kind: 'file-changed', path: 'a', change: 'mode' },
      { kind: 'file-changed', path: 'b', change: 'added' },
      { kind: 'file-changed', path: 'l', change: 'removed' },
      { kind: 'argument-changed', name: 'COLOUR', from: 'red', to: undefined },
      { kind: 'argument-changed', name: 'SHAPE', from: undefined, to: 'round' },
      { kind: 'epoch-moved', from: '2026-01-01', to: '2026-02-01' },
      { kind: 'root-moved', root: 'debian:trixie', from: 'sha256:1', to: 'sha256:2' },
      { kind: 'parent-changed', image: 'base' },
    ]);
  });

  test('another target, which takes other instructions', () => {
    const after = { ...inputs, target: 'x', instructions: [] };
    expect(explainChange(inputs, after)).toEqual([{ kind: 'target-changed', from: undefined, to: 'x' }]);
  });

  test('never built, and another schema, stand alone', () => {
    expect(explainChange(undefined, inputs)).toEqual([{ kind: 'never-built' }]);
    expect(explainChange({ ...inputs, schema: 0, epoch: null }, inputs)).toEqual([
      { kind: 'schema-changed', from: 0, to: 1 },
    ]);
  });

  test('a Dockerfile that only lost its end has no line', () => {
    expect(explainChange(inputs, { ...inputs, instructions: inputs.instructions.slice(0, 1) })).toEqual([
      { kind: 'dockerfile-changed' },
    ]);
  });
});

describe('in plain words', () => {
  test.each<[Reason, string]>([
    [{ kind: 'file-changed', path: 'apt.txt', change: 'edited' }, 'apt.txt edited'],
    [{ kind: 'file-changed', path: 'run', change: 'mode' }, 'run has another mode'],
    [{ kind: 'parent-changed', image: 'base' }, 'base changed'],
    [
      {
        kind: 'parent-changed',
        image: 'mid',
        because: {
          kind: 'parent-changed',
          image: 'base',
          because: { kind: 'file-changed', path: 'x', change: 'added' },
        },
      },
      'mid changed: base changed: x added',
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
    [{ kind: 'dockerfile-changed', line: 3 }, 'Dockerfile changed at line 3'],
    [{ kind: 'dockerfile-changed' }, 'Dockerfile changed'],
    [{ kind: 'target-changed', from: 'a', to: 'b' }, 'target stage moved from a to b'],
    [{ kind: 'never-built' }, 'never built'],
    [{ kind: 'forced' }, 'forced'],
  ])('%j', (reason, words) => {
    expect(describeReason(reason)).toBe(words);
  });
});
