import { describe, expect, test } from 'vitest';
import { didYouMean, nearName } from '../../../src/core/near-name.ts';

describe('nearName', () => {
  test.each([
    ['contxt', 'context'],
    ['cotnext', 'context'],
    ['contextt', 'context'],
    ['Context', 'context'],
    ['course.nme', 'course.name'],
    ['knid', 'kind'],
  ])('finds for %s what was meant', (written, meant) => {
    expect(nearName(written, ['zebra', 'context', 'course.name', 'kind', 'name'])).toBe(meant);
  });

  test.each(['colour', 'x', '', 'completely-different'])('offers nothing for %s', (written) => {
    expect(nearName(written, ['context', 'kind', 'a', 'ab'])).toBeUndefined();
  });

  test('takes the nearest, and of equally near ones the first in code-unit order', () => {
    expect(nearName('courses', ['coarse', 'course'])).toBe('course');
    expect(nearName('bat', ['rat', 'cat'])).toBe('cat');
  });

  test('does not offer the name itself', () => {
    expect(nearName('hub', ['hub'])).toBeUndefined();
  });
});

test('didYouMean makes a question of it', () => {
  expect(didYouMean('contxt', ['context'])).toBe('did you mean `context`?');
  expect(didYouMean('zzz', ['context'])).toBeUndefined();
});
