import { describe, expect, test } from 'vitest';
import { selectImages } from '../../../src/matrix/select-images.ts';
import { loadFiles, told } from '../../rig/matrix-folder.ts';

const set = await loadFiles({
  'matrix.yaml': `groups:
  default: [hub, base]
  courses: [course]
  nothing: []
images:
  kit:    { context: a, kind: builder }
  base:   { context: a, kind: singleuser }
  course: { context: a, kind: singleuser, axes: { course: [physics, history], role: [student, instructor] } }
  hub:    { context: a, kind: hub }
  pause:  { mirror: "registry.example.org/pause:3" }
`,
  'a/Dockerfile': '',
});

function select(...names: string[]): readonly string[] {
  const selected = selectImages(set, names);
  return selected.ok ? selected.value : selected.error.map(told);
}

describe('selecting images', () => {
  test('without names takes the default group, in the order of the family', () => {
    expect(select()).toEqual(['base', 'hub']);
  });

  test('takes images, definitions and groups, each image once', () => {
    expect(select('hub', 'course-history-student', 'courses', 'base')).toEqual([
      'base',
      'course-physics-student',
      'course-physics-instructor',
      'course-history-student',
      'course-history-instructor',
      'hub',
    ]);
    expect(select('course-history-student')).toEqual(['course-history-student']);
    expect(select('course')).toEqual(select('courses'));
    expect(select('kit')).toEqual(['kit']);
  });

  test('takes an empty group for what it is', () => {
    expect(select('nothing')).toEqual([]);
  });

  test('tells every unknown name, with what was probably meant', () => {
    expect(select('bse', 'hub', 'zzz', 'pause', 'curses')).toEqual([
      'unknown-image: no image, definition or group is called `bse` (help: did you mean `base`?)',
      'unknown-image: no image, definition or group is called `zzz` (help: matrix.yaml names the definitions and groups)',
      'unknown-image: `pause` is a mirror; there is nothing to build',
      'unknown-image: no image, definition or group is called `curses` (help: did you mean `courses`?)',
    ]);
  });
});
