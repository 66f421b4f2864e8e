/** Mistakes in the YAML itself: each told at the very place, all together, with what to do. */
import { describe, expect, test } from 'vitest';
import { tell } from '../../rig/matrix-folder.ts';

const conflict = (one: string, other: string): string =>
  `<<<<<<< HEAD\n${one}=======\n${other}>>>>>>> topic\n`;

describe('mistakes in the YAML itself', () => {
  test('a folder without matrix.yaml', async () => {
    const told = await tell({});
    expect(told).toEqual([
      'missing-file: there is no `matrix.yaml` in `DIRECTORY` (help: run this in the folder that holds it or below, or name that with `-C`; `build init` writes a first one, `build init --from DIR` one for the Dockerfiles in DIR)',
    ]);
  });

  test('an empty file', async () => {
    const told = await tell({ 'matrix.yaml': '' });
    expect(told).toEqual([
      'matrix.yaml:1:1 «» empty-file: `matrix.yaml` is empty (help: docs/matrix.md shows what stands in it)',
    ]);
  });

  test('a file of comments alone', async () => {
    const told = await tell({ 'matrix.yaml': '# nothing\n' });
    expect(told).toEqual([
      'matrix.yaml:1:1 «#» empty-file: `matrix.yaml` is empty (help: docs/matrix.md shows what stands in it)',
    ]);
  });

  test('a conflict that git left, in each file', async () => {
    const image = 'a: { context: a, kind: custom }\n';
    const told = await tell({
      'matrix.yaml': `images:\n${conflict(`  ${image}`, `  b${image}`)}`,
    });
    expect(told).toEqual([
      'matrix.yaml:2:1 «<<<<<<<» merge-conflict: git left a conflict in `matrix.yaml` (help: keep what shall hold, and take the three lines of marks out)',
    ]);
    const locked = await tell({
      'a/Dockerfile': 'FROM debian:13\n',
      'matrix.yaml': `images:\n  ${image}`,
      'matrix.lock': `epochs:\n${conflict('  a: 2026-11-20\n', '  a: 2026-11-21\n')}`,
    });
    expect(locked).toEqual([
      'matrix.lock:2:1 «<<<<<<<» merge-conflict: git left a conflict in `matrix.lock` (help: keep either side, take the three lines of marks out, then run `build lock` for what is missing)',
    ]);
  });

  test('a bracket that is not closed', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom
  b: 1
`,
    });
    expect(told).toEqual([
      'matrix.yaml:3:3 «b» invalid-yaml: Flow map in block collection must be sufficiently indented and end with a } (help: look at the lines above as well: quotes, brackets, colons and indentation)',
    ]);
  });

  test('a tab as indentation', async () => {
    const told = await tell({
      'matrix.yaml': `images:
	a: { context: a, kind: custom }
`,
    });
    expect(told).toEqual([
      'matrix.yaml:2:1 «\t» invalid-yaml: YAML is indented by spaces, not by tabs (help: replace each tab at the beginning of a line by spaces)',
    ]);
  });

  test('two documents in one file', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
---
images:
  a: { context: a, kind: custom }
`,
    });
    expect(told).toEqual([
      'matrix.yaml:3:1 «---» invalid-yaml: only one YAML document may stand in this file (help: take out the line `---` and put everything into one document)',
    ]);
  });

  test('a file that is a word', async () => {
    const told = await tell({ 'matrix.yaml': 'hello\n' });
    expect(told).toEqual([
      'matrix.yaml:1:1 «h» wrong-type: `matrix.yaml` has to be a map, not text (help: docs/matrix.md shows its form)',
    ]);
  });

  test('a file that is a list', async () => {
    const told = await tell({ 'matrix.yaml': '- hello\n' });
    expect(told).toEqual([
      'matrix.yaml:1:1 «-» wrong-type: `matrix.yaml` has to be a map, not a list (help: docs/matrix.md shows its form)',
    ]);
  });

  test('an alias without an anchor', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: *b
`,
    });
    expect(told).toEqual([
      'matrix.yaml:2:6 «*b» invalid-yaml: no anchor `&b` stands before (help: write the value out, or put the anchor at its first use)',
    ]);
  });

  test('aliases that unfold without end', async () => {
    const told = await tell({
      'matrix.yaml': `a: &a [x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: [*c,*c,*c,*c,*c,*c]
`,
    });
    expect(told).toEqual([
      'matrix.yaml:1:1 «a» invalid-yaml: aliases unfold into too many values (help: write out what the aliases stand for)',
    ]);
  });

  test('a tag that nobody knows, which is a warning only', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: !path a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual(['matrix.yaml:2:17 «!path» warning yaml-warning: Unresolved tag: !path']);
  });

  test('bytes that are not UTF-8', async () => {
    const told = await tell({ 'matrix.yaml': new Uint8Array([97, 255]) });
    expect(told).toEqual(['unreadable-file: `matrix.yaml` is not UTF-8 (help: save it as UTF-8)']);
  });

  test('keys that are no text', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  1: { context: a, kind: custom }
  ? [a]
  : b
`,
    });
    expect(told).toEqual([
      'matrix.yaml:2:3 «1» wrong-type: a key has to be text (help: put the key in quotes)',
      'matrix.yaml:3:5 «[a]» wrong-type: a key has to be text (help: put the key in quotes)',
    ]);
  });

  test('the key `__proto__`', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  __proto__: { context: a, kind: custom }
  a: { context: a, kind: custom }
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:2:3 «__proto__» unknown-key: unknown key `__proto__` (help: choose another name)',
    ]);
  });

  test('duplicate keys, with the place of the first', async () => {
    const told = await tell({
      'matrix.yaml': `images:
  a: { context: a, kind: custom }
  b: { context: a, kind: custom }
  a: { context: a, kind: custom }
images: {}
`,
      'a/Dockerfile': '',
    });
    expect(told).toEqual([
      'matrix.yaml:4:3 «a» duplicate-key: the key `a` stands here twice (note: it was first written here matrix.yaml:2:3 «a») (help: put what both say into one, or take one out)',
      'matrix.yaml:5:1 «images» duplicate-key: the key `images` stands here twice (note: it was first written here matrix.yaml:1:1 «images») (help: put what both say into one, or take one out)',
    ]);
  });
});
