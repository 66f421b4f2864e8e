import { expect, test } from 'vitest';
import { isFixedByItself } from '../../../src/matrix/fixed-tags.ts';

test('versions and what holds a key never move', () => {
  const fixed = ['v1.4', '1.4', '1.4.2', 'V2.0', '2026.11', '2026.11.26', '1.4.2-rc1', '1.4_2', 'v1.4-2'];
  const keyed = ['{key}', '{date}-{key}', 'latest-{key}', '{name}-v1.4', '{name}_2.0'];
  expect([...fixed, ...keyed].filter((tag) => !isFixedByItself(tag))).toEqual([]);
});

test('channels, single numbers, months and days move', () => {
  const channels = [
    'latest',
    'nightly',
    'stable',
    'main',
    'prod',
    '1.4-latest',
    'v1.4-nightly',
    '2.0-SNAPSHOT',
  ];
  const dates = ['2026-11', '2026-11-26', '{date}', '{date}.1', '1.4-{date}'];
  const others = ['v1', '1', 'v66', 'ubuntu-22.04', 'cuda12.4', 'autumn', '{name}', '1.', '.4', ''];
  expect([...channels, ...dates, ...others].filter(isFixedByItself)).toEqual([]);
});
