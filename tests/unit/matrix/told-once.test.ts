/** How findings are put together: in order, each once, and without the consequences of other mistakes. */
import { describe, expect, test } from 'vitest';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

describe('what is told', () => {
  test('is sorted by file before line', async () => {
    const told = await tell({
      'matrix.yaml': `naming: x
images:
  c: { dockerfile: D, context: "x/{course}", kind: custom, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': '\n\n\n- { name: p, repo: "http://x.org/y" }\n',
      D: '',
    });
    expect(told.map((line) => line.split(' ')[0])).toEqual(['courses.yaml:4:20', 'matrix.yaml:1:9']);
  });

  test('leaves out groups that name images of a definition which is broken', async () => {
    const told = await tell({
      'matrix.yaml': `groups: { default: [a-p, a-q, nobody] }
images:
  a: { context: a, kind: wrong, axes: { x: [p, q] } }
`,
    });
    expect(told.map((line) => line.split(': ')[0])).toEqual(['matrix.yaml:3:26 «wrong» invalid-value']);
  });

  test('leaves out groups that name images of a course which is broken', async () => {
    const told = await tell({
      'matrix.yaml': `groups: { default: [c-p] }
images:
  c: { dockerfile: D, context: "x/{course}", kind: custom, axes: { course: { from: courses.yaml } } }
`,
      'courses.yaml': '- { name: p }\n',
      D: '',
    });
    expect(told).toEqual([
      'courses.yaml:1:3 «{ name: p }» missing-key: the key `repo` is missing (help: add it; docs/matrix.md shows its values)',
    ]);
  });

  test('names members that nobody knows although a definition without axes is broken', async () => {
    const told = await tell({
      'matrix.yaml': 'groups: { default: [a, nobody] }\nimages:\n  a: { context: a, kind: wrong }\n',
    });
    expect(told.map((line) => line.split(': ')[0])).toEqual([
      'matrix.yaml:1:24 «nobody» unknown-image',
      'matrix.yaml:3:26 «wrong» invalid-value',
    ]);
  });

  test('begins the trail of a cycle with its first name, wherever one comes into it', async () => {
    const told = await tell({
      'matrix.yaml': `groups: { a: [z], z: [x], x: [y], y: [z] }
images:
  i: { context: i, kind: custom }
`,
      'i/Dockerfile': '',
    });
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('groups go round in a circle: `x` → `y` → `z` → `x` (note');
  });

  test('is the last of equal keys, which is the one that counts', async () => {
    const told = await tell({
      'matrix.yaml': 'tags: [latest]\ntags: latest\nimages: { a: { context: a, kind: custom } }\n',
      'a/Dockerfile': '',
    });
    expect(told.map((line) => line.split(': ')[0])).toEqual([
      'matrix.yaml:2:1 «tags» duplicate-key',
      'matrix.yaml:2:7 «latest» wrong-type',
    ]);
  });

  test('stands at the anchor, once for all its aliases', async () => {
    const told = await tell({
      'matrix.yaml': 'images:\n  a: &a { context: nowhere, kind: custom }\n  b: *a\n  c: *a\n',
    });
    expect(told).toEqual([
      'matrix.yaml:2:20 «nowhere» missing-context: the folder `nowhere` does not exist (help: make it, or correct the path)',
    ]);
  });

  test('is one clash of names, not two', async () => {
    const told = await tell({
      'matrix.yaml':
        'images:\n  a: { context: a, kind: custom, name: b }\n  b: { context: a, kind: custom }\n',
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:3:3 «b» duplicate-name: two images are called `b` (note: the other comes from `a` matrix.yaml:2:3 «a») (help: rename one of them)',
    ]);
  });
});

test('an argument is left out wherever in its text the absent field stands', async () => {
  const set = await loadFiles({
    'matrix.yaml': `env: [PLACE]
images:
  c:
    dockerfile: D
    context: "x/{course}"
    kind: custom
    axes: { course: { from: courses.yaml } }
    args: { BASE: "image-{course.base}", PLACE: "at-\${PLACE:-}" }
`,
    'courses.yaml': '- { name: p, repo: "https://x.org/y" }\n',
    D: '',
  });
  expect(set.images[0]?.args).toEqual({ PLACE: 'at-' });
});
