import { describe, expect, test } from 'vitest';
import { buildGraph } from '../../../src/graph/image-graph.ts';
import { selectImages } from '../../../src/graph/select-images.ts';
import { loadFiles, told } from '../../rig/matrix-folder.ts';

const set = await loadFiles({
  'matrix.yaml': `groups:
  default: [hub, base]
  courses: [course]
  nothing: []
  all: [default, courses]
images:
  kit:    { context: a, dockerfile: kit, kind: builder }
  base:   { context: a, dockerfile: base, kind: singleuser }
  course: { context: a, dockerfile: course, kind: singleuser, axes: { course: [physics, history], role: [student, instructor] } }
  hub:    { context: a, dockerfile: other, kind: hub }
  torch:  { context: a, dockerfile: other, kind: pytorch, axes: { cuda: ["12.4", "13.0"] } }
  pause:  { mirror: "registry.example.org/pause:3" }
`,
  'a/': '',
  kit: '',
  base: '',
  course: '',
  other: '',
});
const built = buildGraph(
  set,
  new Map([
    ['kit', 'FROM x:1\n'],
    ['base', 'FROM x:1\nRUN --mount=from=kit,target=/kit true\n'],
    ['course', 'FROM base\n'],
    ['other', 'FROM x:1\n'],
  ]),
  'linux/amd64',
);
if (!built.ok) throw new Error('the family is wrong');
const { graph } = built.value;

function select(...selectors: string[]): readonly string[] {
  const selected = selectImages(set, graph, selectors);
  return selected.ok ? selected.value : selected.error.map(told);
}

const physics = ['course-physics-student', 'course-physics-instructor'];
const history = ['course-history-student', 'course-history-instructor'];
const courses = [...physics, ...history];

describe('selecting images', () => {
  test('without names takes the default group, in the order of the family', () => {
    expect(select()).toEqual(['base', 'hub']);
  });

  test('takes images, definitions and groups, each image once', () => {
    expect(select('hub', 'course-history-student', 'courses', 'base')).toEqual(['base', ...courses, 'hub']);
    expect(select('course-history-student')).toEqual(['course-history-student']);
    expect(select('course')).toEqual(select('courses'));
    expect(select('kit')).toEqual(['kit']);
  });

  test('takes groups of groups', () => {
    expect(select('all')).toEqual(['base', ...courses, 'hub']);
  });

  test('takes an empty group for what it is', () => {
    expect(select('nothing')).toEqual([]);
  });

  test.each([
    ['course-*', courses],
    ['course-physics-*', physics],
    ['*-student', ['course-physics-student', 'course-history-student']],
    ['?ub', ['hub']],
    ['torch-1?.?', ['torch-12.4', 'torch-13.0']],
    ['*', ['kit', 'base', ...courses, 'hub', 'torch-12.4', 'torch-13.0']],
    ['**k**i**t', ['kit']],
  ])('takes the glob %s', (glob, expected) => {
    expect(select(glob)).toEqual(expected);
  });

  test('takes a point in a glob for a point', () => {
    expect(select('t*h-12.4')).toEqual(['torch-12.4']);
    expect(select('torch*12.4')).toEqual(['torch-12.4']);
    expect(select('t?rch-12-4*')[0]).toMatch(/^unknown-image/);
  });

  test.each([
    ['course=physics', physics],
    ['role=student', ['course-physics-student', 'course-history-student']],
    ['role=*', courses],
    ['course=physics,role=student', ['course-physics-student']],
    ['cuda=12.4', ['torch-12.4']],
    ['cuda=1?.0', ['torch-13.0']],
  ])('takes the axis value %s', (selector, expected) => {
    expect(select(selector)).toEqual(expected);
  });

  test('takes relatives where a plus stands for them', () => {
    expect(select('+course=physics,role=student')).toEqual(['kit', 'base', 'course-physics-student']);
    expect(select('kit+')).toEqual(['kit', 'base', ...courses]);
    expect(select('+base+')).toEqual(['kit', 'base', ...courses]);
    expect(select('base+')).toEqual(['base', ...courses]);
    expect(select('+hub+')).toEqual(['hub']);
    expect(select('+course-*')).toEqual(['kit', 'base', ...courses]);
    expect(select('+default')).toEqual(['kit', 'base', 'hub']);
  });

  test('leaves out what is excluded, wherever the exclusion stands', () => {
    expect(select('course', '!role=student')).toEqual([
      'course-physics-instructor',
      'course-history-instructor',
    ]);
    expect(select('!role=student', 'course')).toEqual(select('course', '!role=student'));
    expect(select('kit+', '!course-*')).toEqual(['kit', 'base']);
    expect(select('*', '!base+')).toEqual(['kit', 'hub', 'torch-12.4', 'torch-13.0']);
    expect(select('+course', '!+base')).toEqual(courses);
    expect(select('course', '!hub')).toEqual(courses);
    expect(select('hub', '!hub')).toEqual([]);
  });

  test('takes exclusions alone from the default group', () => {
    expect(select('!hub')).toEqual(['base']);
    expect(select('!hub', '!base')).toEqual([]);
  });

  test('tells every unknown name, with what was probably meant', () => {
    expect(select('bse', 'hub', 'zzz', 'pause', '!curses', 'corse+')).toEqual([
      'unknown-image: no image, definition or group is called `bse` (help: did you mean `base`?)',
      'unknown-image: no image, definition or group is called `zzz` (help: `build list` shows what there is)',
      'unknown-image: `pause` is a mirror; there is nothing to build (help: correct the name, or take it out; `build list` shows what there is)',
      'unknown-image: no image, definition or group is called `curses` (help: did you mean `courses`?)',
      'unknown-image: no image, definition or group is called `corse` (help: did you mean `course`?)',
    ]);
  });

  test('tells globs and axis values that nothing has', () => {
    expect(
      select('curse-*', 'zzz*', 'rle=student', 'role=studnt', 'size=big', 'role=x', 'cuda=12.4,role=student'),
    ).toEqual([
      "unknown-image: no image's name is like `curse-*` (help: did you mean `course-*`?)",
      "unknown-image: no image's name is like `zzz*` (help: `*` stands for any characters, `?` for one; `build list` shows what there is)",
      'unknown-image: no image has an axis `rle` (help: did you mean `role`?)',
      'unknown-image: no image has `studnt` for its axis `role` (help: did you mean `student`?)',
      'unknown-image: no image has an axis `size` (help: there are `course`, `role`, `cuda`)',
      'unknown-image: no image has `x` for its axis `role` (help: it has `student`, `instructor`)',
      'unknown-image: no image has all of `cuda=12.4,role=student` (help: blanks between them choose what has any)',
    ]);
  });

  test('tells what is no selector at all', () => {
    const help =
      "(help: write a name, a glob (`'course-*'`) or an axis value (`role=student`), perhaps with `+` or `!`)";
    expect(select('', '+', '!', '++base', 'role=', '=x', 'a b', 'role=student,', '^course-*')).toEqual([
      ...['', '+', '!', '++base', 'role=', '=x', 'a b', 'role=student,'].map(
        (text) => `invalid-selector: \`${text}\` selects nothing ${help}`,
      ),
      "invalid-selector: `^course-*` selects nothing (help: to leave images out, write `'!course-*'`)",
    ]);
  });
});
