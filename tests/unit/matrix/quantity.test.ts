import { describe, expect, test } from 'vitest';
import { parseBytes } from '../../../src/matrix/quantity.ts';

describe('a size', () => {
  test.each([
    ['512Mi', 512 * 2 ** 20],
    ['2Gi', 2 * 2 ** 30],
    ['1GB', 1e9],
    ['600MB', 600e6],
    ['1.2GB', 1.2e9],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['600MiB', 600 * 2 ** 20],
    ['64k', 64e3],
    ['10B', 10],
  ])('of %s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['', '600', 'MB', '-1MB', '1e3MB', '1.MB', '0.4B', '0GB', '99999999TB', '1 Gb', '1MB\n', '１MB'])(
    'is not %j',
    (text) => {
      expect(parseBytes(text)).toBeUndefined();
    },
  );
});
