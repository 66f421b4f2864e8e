import { expect, test } from 'vitest';
import { StatusLine } from '../../../src/report/status-line.ts';

function terminal(isTerminal: boolean) {
  const shown: string[] = [];
  const write = (text: string): void => void shown.push(text.replaceAll('\r\u001B[K', '<erased>'));
  return { shown, write, status: new StatusLine({ isTerminal, width: 40, colour: false, write }) };
}

test('the line goes for what is printed, and comes again below it, within the width', () => {
  const { shown, write, status } = terminal(true);
  status.set('base', 'S1 it starts');
  status.above(() => write('✓ S1\n'));
  status.set('hub', `H1 ${'very '.repeat(20)}long`);
  status.set('base', undefined);
  status.set('hub', undefined);
  expect(shown).toEqual([
    '  ● S1 it starts',
    '<erased>',
    '✓ S1\n',
    '  ● S1 it starts',
    '<erased>',
    '  ● base: S1 it starts (and 1 more)',
    '<erased>',
    '  ● H1 very very very very very very v…',
    '<erased>',
  ]);
});

test('a pipe gets what is printed and nothing else', () => {
  const { shown, write, status } = terminal(false);
  status.set('base', 'S1 it starts');
  status.above(() => write('✓ S1\n'));
  expect(shown).toEqual(['✓ S1\n']);
});
