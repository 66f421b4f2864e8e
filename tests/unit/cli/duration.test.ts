import { expect, test } from 'vitest';
import { parseDuration } from '../../../src/cli/duration.ts';

test.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['20m', 1_200_000],
  ['1.5h', 5_400_000],
  ['3d', 259_200_000],
])('%s are %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '20', '0m', '-1s', '1 m', '5x', 'm', '1e3s'])('`%s` is no duration', (text) => {
  expect(() => parseDuration(text)).toThrow('It must be a duration above 0');
});
