import { expect, it } from 'vitest';
import { patient, slowness } from '../../../src/hub/patience.ts';

it.each([
  ['an idle machine', 0.1, 2, 1],
  ['one that has just enough to do', 2, 2, 1],
  ['one with three for each processor', 6, 2, 3],
  ['one that is beyond all measure', 900, 2, 5],
])('gives %s its time', (_, load, processors, expected) => {
  expect(slowness(load, processors)).toBe(expected);
});

it('never gives less than was asked for', () => {
  expect(patient(1000)).toBeGreaterThanOrEqual(1000);
});
