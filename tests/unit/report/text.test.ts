import { expect, test } from 'vitest';
import { cleanLine, formatBytes, formatDuration } from '../../../src/report/text.ts';

test('escape sequences, control characters and direction overrides never reach the terminal', () => {
  expect(cleanLine('\u001b[31mred\u001b[0m\u0007')).toBe('red');
  expect(cleanLine('\u001b]0;title\u0007shown')).toBe('shown');
  expect(cleanLine('a\u0000b\u0008c\u202ed')).toBe('abcd');
});

test('of a line that overwrites itself the last state stays', () => {
  expect(cleanLine('10%\r50%\r100%')).toBe('100%');
  expect(cleanLine('ended by a carriage return\r')).toBe('ended by a carriage return');
});

test.each([
  [0, '0.0s'],
  [449, '0.4s'],
  [59_940, '59.9s'],
  [59_960, '1m00s'],
  [125_000, '2m05s'],
  [3_599_600, '1h00m'],
  [3_720_000, '1h02m'],
])('%d ms is written %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1500, '2 kB'],
  [585_000_000, '585 MB'],
  [1_900_000_000, '1.90 GB'],
])('%d bytes are written %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
