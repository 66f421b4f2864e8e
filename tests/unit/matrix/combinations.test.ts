/** `exclude` and `include` of a definition's axes: what they make, and the mistakes in them. */
import { describe, expect, test } from 'vitest';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

function matrix(definition: string): Record<string, string> {
  return {
    'matrix.yaml': `images:\n  a: { context: a, kind: custom, ${definition} }\n`,
    'a/Dockerfile': '',
    'courses.yaml': `- { name: physics, repo: "https://git.example.org/p.git" }
- { name: history, repo: "https://git.example.org/h.git", base: "b:1" }
`,
  };
}

async function names(definition: string): Promise<readonly string[]> {
  const { images } = await loadFiles(matrix(definition));
  return images.map(({ name, args }) =>
    [name, ...Object.entries(args).map((pair) => pair.join('='))].join(' '),
  );
}

const product = 'axes: { os: [deb, rpm], python: ["3.12", "3.13"] }';

describe('a definition with axes', () => {
  test('leaves out combinations that have all values of an entry', async () => {
    expect(await names(`${product}, exclude: [{ os: rpm, python: "3.12" }]`)).toEqual([
      'a-deb-3.12',
      'a-deb-3.13',
      'a-rpm-3.13',
    ]);
    expect(await names(`${product}, exclude: [{ os: rpm }]`)).toEqual(['a-deb-3.12', 'a-deb-3.13']);
  });

  test('adds combinations, also one that was left out, after the product', async () => {
    const more =
      'exclude: [{ os: rpm }], include: [{ os: apk, python: "3.13" }, { os: rpm, python: "3.13" }]';
    expect(await names(`${product}, ${more}`)).toEqual([
      'a-deb-3.12',
      'a-deb-3.13',
      'a-apk-3.13',
      'a-rpm-3.13',
    ]);
  });

  test('gives further values to the combinations that an entry agrees with, the last entry winning', async () => {
    const more =
      'args: { I: "{index}" }, include: [{ index: x }, { os: rpm, index: y }, { os: apk, python: "4", index: z }]';
    expect(await names(`${product}, ${more}`)).toEqual([
      'a-deb-3.12 I=x',
      'a-deb-3.13 I=x',
      'a-rpm-3.12 I=y',
      'a-rpm-3.13 I=y',
      'a-apk-4 I=z',
    ]);
  });

  test('may give each combination a size of its own', async () => {
    const more = 'maxSize: "{size}", include: [{ os: deb, size: 1GB }, { os: rpm, size: 2GB }]';
    const { images } = await loadFiles(matrix(`axes: { os: [deb, rpm] }, ${more}`));
    expect(images.map(({ maxSize }) => maxSize)).toEqual([1e9, 2e9]);
  });

  test('leaves an argument to the Dockerfile where a combination lacks its value', async () => {
    expect(
      await names(`${product}, args: { I: "{index}" }, include: [{ python: "3.13", index: x }]`),
    ).toEqual(['a-deb-3.12', 'a-deb-3.13 I=x', 'a-rpm-3.12', 'a-rpm-3.13 I=x']);
  });

  test('takes courses out and gives them values by their names', async () => {
    const axes = 'axes: { course: { from: courses.yaml }, role: [student, tutor] }';
    const more =
      'exclude: [{ course: history, role: tutor }], include: [{ course: history, role: guest, x: "1" }]';
    expect(await names(`${axes}, args: { B: "{course.base}", X: "{x}" }, ${more}`)).toEqual([
      'a-physics-student',
      'a-physics-tutor',
      'a-history-student B=b:1',
      'a-history-guest B=b:1 X=1',
    ]);
  });

  test('calls only axes its axes', async () => {
    const set = await loadFiles(
      matrix('axes: { os: [deb] }, args: { I: "{i}" }, include: [{ i: "https://x" }]'),
    );
    expect(set.images.map(({ axes }) => axes)).toEqual([{ os: 'deb' }]);
  });
});

describe('mistakes in exclude and include', () => {
  test('axes and values that do not exist', async () => {
    const more = 'exclude: [{ so: deb }, { os: dbe }, { os: win }, { size: "1" }, {}]';
    expect(await tell(matrix(`${product}, ${more}`))).toEqual([
      'matrix.yaml:2:98 «so» unknown-axis: no axis here is called `so` (help: did you mean `os`?)',
      'matrix.yaml:2:115 «dbe» unknown-value: the axis `os` has no value `dbe` (help: did you mean `deb`?)',
      'matrix.yaml:2:128 «win» unknown-value: the axis `os` has no value `win` (help: it has `deb`, `rpm`)',
      'matrix.yaml:2:137 «size» unknown-axis: no axis here is called `size` (help: here are `os`, `python`)',
      'matrix.yaml:2:150 «{}» empty-entry: this entry names no axis (help: give it values of axes, or take it out)',
    ]);
  });

  test('an exclusion without axes, or of everything', async () => {
    expect(await tell(matrix('exclude: [{ os: deb }]'))).toEqual([
      'matrix.yaml:2:46 «os» unknown-axis: no axis here is called `os` (help: no axis is defined here)',
    ]);
    expect(await tell(matrix('axes: { os: [deb] }, exclude: [{ os: deb }]'))).toEqual([
      'matrix.yaml:2:55 «exclude» nothing-left: `exclude` leaves no image of `a` (help: take an entry out of `exclude`, or the whole definition)',
    ]);
  });

  test('inclusions that do nothing, or not enough', async () => {
    const more = 'include: [{ os: deb }, { os: apk }, { oz: apk, python: "3" }, { os: A B, python: "3" }]';
    expect(await tell(matrix(`${product}, ${more}`))).toEqual([
      'matrix.yaml:2:96 «{ os: deb }» duplicate-value: the axes give this combination already (help: take one of them out)',
      'matrix.yaml:2:109 «{ os: apk }» missing-key: a combination of its own needs a value for `python` (help: add it; docs/matrix.md shows its values)',
      'matrix.yaml:2:124 «oz» unused-value: nothing here uses `{oz}` (help: did you mean `os`?)',
      "matrix.yaml:2:154 «A B» invalid-name: `A B` cannot be part of an image's name (help: lower-case letters and digits, with single `.` or `_`, or `-`, between them)",
    ]);
  });

  test('an inclusion of a course that is not in the file', async () => {
    const axes = 'axes: { course: { from: courses.yaml } }, include: [{ course: phisics }]';
    expect(await tell(matrix(axes))).toEqual([
      'matrix.yaml:2:96 «phisics» unknown-value: the axis `course` has no value `phisics` (help: did you mean `physics`?)',
    ]);
  });

  test('a value that not every combination has, where each needs one', async () => {
    const more = 'target: "{t}", include: [{ os: rpm, t: slim }]';
    expect(await tell(matrix(`${product}, ${more}`))).toEqual([
      'matrix.yaml:2:95 «{t}» absent-value: `{t}` is absent for some combinations (help: only `args` may name what not every combination has)',
    ]);
  });

  test('values that are no text', async () => {
    expect(await tell(matrix(`${product}, exclude: [{ python: 3.12 }], include: { os: deb }`))).toEqual([
      'matrix.yaml:2:106 «3.12» wrong-type: `images.a.exclude[0].python` has to be text, not the number `3.12` (help: put the value in quotes)',
      'matrix.yaml:2:124 «{ os: deb }» wrong-type: `images.a.include` has to be a list, not a map (help: docs/matrix.md shows its form)',
    ]);
  });
});
