import { expect, test } from 'vitest';
import { castOf } from '../../../src/cli/smoke-family.ts';
import type { Image } from '../../../src/matrix/image-set.ts';
import { imageOf } from '../../rig/image-set.ts';

function courseImage(course: string, role: string): Image {
  return imageOf(`course-${course}-${role}`, { kind: 'singleuser', axes: { course, role } });
}

const services = [
  imageOf('the-hub', { kind: 'hub' }),
  imageOf('the-proxy', { kind: 'proxy' }),
  imageOf('the-database', { kind: 'database' }),
];
const history = courseImage('history', 'student');
const physics = [courseImage('physics', 'student'), courseImage('physics', 'instructor')];

test('the first course with an image for both roles plays, whatever the images are called', () => {
  expect(castOf([history, ...physics, ...services], undefined)).toEqual({
    ok: true,
    value: {
      hub: 'the-hub',
      proxy: 'the-proxy',
      database: 'the-database',
      nfs: undefined,
      student: 'course-physics-student',
      instructor: 'course-physics-instructor',
      course: 'physics',
    },
  });
});

test('an NFS server plays where there is one', () => {
  const cast = castOf([...physics, ...services, imageOf('exchange', { kind: 'nfs' })], 'physics');
  expect(cast.ok && cast.value.nfs).toBe('exchange');
});

test.each([
  ['a missing service', [...physics, ...services.slice(1)], undefined, 'kind hub'],
  ['a course of one role', [history, ...services], 'history', '`history` has no image'],
  ['no course at all', services, undefined, 'no course has'],
] as const)('%s is told', (_, images, course, message) => {
  const cast = castOf(images, course);
  expect(cast.ok ? '' : cast.error.message).toContain(message);
});
