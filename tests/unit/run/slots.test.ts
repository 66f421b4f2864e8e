import { expect, test } from 'vitest';
import { Slots } from '../../../src/run/slots.ts';

test('a heavy build takes its weight, and gives it back', () => {
  const slots = new Slots(4);
  expect([slots.take(3), slots.take(2), slots.take(1), slots.take(1)]).toEqual([true, false, true, false]);
  slots.give(3);
  expect([slots.take(2), slots.take(2)]).toEqual([true, false]);
});

test('what is heavier than all there is runs alone, not never', () => {
  const slots = new Slots(2);
  expect([slots.take(1), slots.take(5)]).toEqual([true, false]);
  slots.give(1);
  expect([slots.take(5), slots.take(1)]).toEqual([true, false]);
  slots.give(5);
  expect(slots.take(2)).toBe(true);
});
