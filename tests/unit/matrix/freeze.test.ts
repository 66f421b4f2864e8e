/** Days on which the night moves nothing, as matrix.yaml says them. */
import { expect, test } from 'vitest';
import { freezeOn } from '../../../src/matrix/freeze.ts';
import { loadFiles, tell } from '../../rig/matrix-folder.ts';

const images = 'images: { a: { context: a, kind: custom } }\n';
const family = (freeze: string) => ({ 'matrix.yaml': `freeze: ${freeze}\n${images}`, 'a/Dockerfile': '' });

test('windows hold from their first to their last day, and a single day is one', async () => {
  const { freeze } = await loadFiles(family('[2026-12-01/2026-12-05, 2026-12-24, 2026-12-04/2026-12-07]'));
  const last = (day: string): string | undefined => freezeOn(day, freeze)?.last;
  expect(
    ['11-30', '12-01', '12-05', '12-07', '12-08', '12-24', '12-25'].map((day) => last(`2026-${day}`)),
  ).toEqual([undefined, '2026-12-05', '2026-12-07', '2026-12-07', undefined, '2026-12-24', undefined]);
  expect((await loadFiles({ 'matrix.yaml': images, 'a/Dockerfile': '' })).freeze).toEqual([]);
});

test('what is no window is told at its place', async () => {
  expect(await tell(family('[2026-12-05/2026-12-01, december, 2026-02-30, 2026-12-01/02/03]'))).toEqual(
    [
      '«2026-12-05/2026-12-01» invalid-day: `2026-12-05/2026-12-01` ends before it begins',
      '«december» invalid-day: `december` is no window of days',
      '«2026-02-30» invalid-day: `2026-02-30` is no window of days',
      '«2026-12-01/02/03» invalid-day: `2026-12-01/02/03` is no window of days',
    ].map((line, index) => {
      const column = [10, 33, 43, 55][index];
      return `matrix.yaml:1:${column} ${line} (help: a day is written YYYY-MM-DD, a window \`2026-12-01/2026-12-05\`, both days included)`;
    }),
  );
});
