import { expect, test } from 'vitest';
import { OutputTail } from '../../../src/run/output-tail.ts';

test('the last twenty lines of the step that failed are kept, whatever other steps print', () => {
  const tail = new OutputTail();
  for (let line = 1; line <= 30; line += 1) tail.add('failing', `line ${line}\n`);
  tail.add('other', 'noise\n');
  expect(tail.lines('failing')).toEqual(Array.from({ length: 20 }, (_, index) => `line ${index + 11}`));
  expect(tail.lines()).toEqual(['noise']);
});

test('a line that arrives in pieces is one line, and one without an end is shown', () => {
  const tail = new OutputTail();
  tail.add('step', 'half');
  tail.add('step', ' a line\nthe rest');
  expect(tail.lines('step')).toEqual(['half a line', 'the rest']);
});

test('a line without end does not fill the memory', () => {
  const tail = new OutputTail();
  for (let piece = 0; piece < 100; piece += 1) tail.add('step', 'x'.repeat(10_000));
  expect(tail.lines('step').join('').length).toBeLessThanOrEqual(2000);
});
