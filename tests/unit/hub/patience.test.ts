import { expect, it } from 'vitest';
import { Activity, activeIn, patient, slowness } from '../../../src/hub/patience.ts';

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

it('takes for busy what is at work now, and guesses nothing from too few looks', () => {
  const activity = new Activity();
  for (let at = 0; at < 12_000; at += 3000) activity.look(at, () => 200);
  expect(activity.lately(12_000)).toBeUndefined();
  activity.look(12_000, () => 200);
  expect(activity.lately(15_000)).toBe(200);
  for (let at = 33_000; at < 38_000; at += 1000) activity.look(at, () => 4);
  expect(activity.lately(38_000)).toBe(4);
});

it('looks once where it is asked often', () => {
  const activity = new Activity();
  let looks = 0;
  for (let at = 0; at <= 1000; at += 50) activity.look(at, () => (looks += 1));
  expect(looks).toBe(5);
});

it('counts what runs and what waits for a disk, without itself', () => {
  expect(activeIn('cpu 1 2 3\nprocs_running 4\nprocs_blocked 2\nsoftirq 1\n')).toBe(5);
  expect(activeIn('cpu 1 2 3\n')).toBeUndefined();
});
