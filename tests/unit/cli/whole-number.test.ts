import { describe, expect, test } from 'vitest';
import { wholeNumberUpTo } from '../../../src/cli/whole-number.ts';

describe('a whole number in an option', () => {
  const read = wholeNumberUpTo(65_535);

  test.each([
    ['1', 1],
    ['5000', 5000],
    ['65535', 65_535],
  ])('%s is one', (text, number) => {
    expect(read(text)).toBe(number);
  });

  test.each(['0', '-1', '1.5', '1e3', '0x10', ' 5', '', 'many'])('%j is none', (text) => {
    expect(() => read(text)).toThrow('It must be a whole number above 0.');
  });

  test('says of one that is too great how great it may be', () => {
    expect(() => read('65536')).toThrow('It must be at most 65535.');
  });
});
