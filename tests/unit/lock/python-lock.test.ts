import { expect, test } from 'vitest';
import type { GraphNode } from '../../../src/graph/image-graph.ts';
import { lockDockerfile, neededForLock } from '../../../src/lock/python-lock.ts';
import { graphOf } from '../../rig/image-set.ts';

const { graph } = graphOf({
  installer: 'FROM debian\n',
  base: 'FROM debian AS system\nRUN one\n\nFROM system\nRUN --mount=from=installer,target=/x two\n',
  child: 'FROM base\nRUN --mount=from=installer,target=/x three\n',
  copied: 'FROM base AS other\nFROM other\n',
});

const input = { requirements: 'numpy\n', lock: 'numpy==2.0\n' };
const options = { installer: 'exact/installer', upgrade: false };

function nodeOf(name: string): GraphNode {
  const node = graph.nodes.get(name);
  if (node === undefined) throw new Error(name);
  return node;
}

function exact(target: { kind: string; name?: string; root?: string }): string {
  return `exact/${target.name ?? target.root}`;
}

function lockOf(name: string, more: Partial<typeof options> = {}): string | undefined {
  return lockDockerfile(nodeOf(name), exact, input, { ...options, ...more });
}

test('packages are locked on the stage `system`, with the user’s Dockerfile before it', () => {
  const text = lockOf('base');
  expect(text).toContain('FROM exact/debian AS system\nRUN one\n');
  expect(text).toContain('\nFROM system AS hubwright-lock\n');
});

test('without that stage they are locked on what the last stage starts from', () => {
  expect(lockOf('child')?.trimStart().split('\n')[0]).toBe('FROM exact/base AS hubwright-lock');
});

test('a last stage that starts from another stage says nothing, and nothing is guessed', () => {
  expect(lockOf('copied')).toBeUndefined();
});

test('both files travel as they are, and newer versions are taken only when asked', () => {
  expect(lockOf('child')).toContain('/lock/requirements.txt\nnumpy\nHUBWRIGHT_REQUIREMENTS');
  expect(lockOf('child')).toContain('/lock/requirements.lock\nnumpy==2.0\nHUBWRIGHT_LOCK');
  expect(lockOf('child')).not.toContain('--upgrade');
  expect(lockOf('child', { upgrade: true })).toContain('uv pip compile --system --quiet --upgrade ');
});

test('what a lock is computed in comes first: the parents, and uv', () => {
  expect(neededForLock(graph, nodeOf('child'))).toEqual(['installer', 'base']);
  expect(neededForLock(graph, nodeOf('base'))).toEqual(['installer']);
});
