import { expect, test } from 'vitest';
import { fitLine } from '../../../src/report/fit-line.ts';

const fit = (parts: readonly string[], width: number): readonly string[] =>
  fitLine(parts, { width, indent: 2 });

const paint = (text: string): string => `<<${text}>>`;

test('parts stand beside each other where there is room, and in a pipe always', () => {
  expect(fit(['one', 'two', '', 'three'], 15)).toEqual(['one  two  three']);
  expect(fit(['one', 'two', 'three'], 0)).toEqual(['one  two  three']);
});

test('what has no room begins a line, set in, and breaks at its blanks alone', () => {
  expect(fit(['one', 'two', 'three'], 14)).toEqual(['one  two', '  three']);
  expect(fit(['one', 'much too long for it', 'x'], 12)).toEqual([
    'one',
    '  much too',
    '  long for',
    '  it  x',
  ]);
  expect(fit(['name', 'sha256:0123456789'], 10)).toEqual(['name', '  sha256:0123456789']);
});

test('paint takes no room', () => {
  expect(
    fitLine(
      [
        { text: 'one', paint },
        { text: 'two', paint },
      ],
      { width: 8, indent: 2 },
    ),
  ).toEqual(['<<one>>  <<two>>']);
});
