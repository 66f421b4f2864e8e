/** Tables in terminals of several widths, and in a pipe. */
import { expect, test } from 'vitest';
import { layTable } from '../../../src/report/table.ts';

const columns = [
  { heading: 'image' },
  { heading: 'kind' },
  { heading: 'context', below: 'in' },
  { heading: 'stands on' },
];
const rows = [
  ['base-notebook', 'singleuser', 'images/base-notebook', 'docker-stacks-foundation'],
  [
    'physics-instructor',
    'singleuser',
    'courses/physics',
    'scientific, course-kit, installer, debian:trixie-slim',
  ],
  ['pause', 'custom', 'images/pause', ''],
];
const table = (width: number): string =>
  layTable(columns, rows, { width, paintHeading: (text) => text }).join('\n');

test('a row is one line in a pipe, and where there is room', () => {
  const whole = `image               kind        context               stands on
base-notebook       singleuser  images/base-notebook  docker-stacks-foundation
physics-instructor  singleuser  courses/physics       scientific, course-kit, installer, debian:trixie-slim
pause               custom      images/pause`;
  expect(table(0)).toBe(whole);
  expect(table(140)).toBe(whole);
});

test('the last column goes on below itself', () => {
  expect(table(80)).toBe(`image               kind        context               stands on
base-notebook       singleuser  images/base-notebook  docker-stacks-foundation
physics-instructor  singleuser  courses/physics       scientific, course-kit,
                                                      installer,
                                                      debian:trixie-slim
pause               custom      images/pause`);
});

test('columns without room stand below their row, named', () => {
  expect(table(60)).toBe(`image               kind        context
base-notebook       singleuser  images/base-notebook
  stands on docker-stacks-foundation
physics-instructor  singleuser  courses/physics
  stands on scientific, course-kit, installer,
    debian:trixie-slim
pause               custom      images/pause`);
  expect(table(40)).toBe(`image               kind
base-notebook       singleuser
  in images/base-notebook
  stands on docker-stacks-foundation
physics-instructor  singleuser
  in courses/physics
  stands on scientific, course-kit,
    installer, debian:trixie-slim
pause               custom
  in images/pause`);
});

test('a word that is wider than the terminal stays whole', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const lines = layTable([{ heading: 'root' }, { heading: 'digest', below: '' }], [['debian:13', digest]], {
    width: 50,
    paintHeading: (text) => text,
  });
  expect(lines).toEqual(['root', 'debian:13', `  ${digest}`]);
});

test('no line is wider than any terminal that has room for the words', () => {
  for (let width = 30; width < 150; width += 1) {
    for (const line of table(width).split('\n'))
      expect(line.length, `${width}: ${line}`).toBeLessThanOrEqual(width);
  }
});
