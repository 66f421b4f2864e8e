import { expect, test } from 'vitest';
import { expandWord, splitWords } from '../../../src/graph/shell-word.ts';

const values: Readonly<Record<string, string | undefined>> = { A: 'a', B: 'b', EMPTY: '', UNSET: undefined };

const lookup = (name: string) =>
  Object.hasOwn(values, name) ? { value: values[name] ?? '', set: values[name] !== undefined } : undefined;

test.each([
  ['plain', 'plain'],
  ['$A', 'a'],
  ['${A}x', 'ax'],
  ['$A/$B:1', 'a/b:1'],
  ['"$A b"', 'a b'],
  ["'$A'", '$A'],
  ['\\$A', '$A'],
  ['${A:-x}', 'a'],
  ['${EMPTY:-x}', 'x'],
  ['${EMPTY-x}', ''],
  ['${UNSET-x}', 'x'],
  ['${NOBODY:-x}', 'x'],
  ['${NOBODY:-${B}}', 'b'],
  ['${A:-${NOBODY}${NOBODY}}', 'a'],
  ['${A:+x}', 'x'],
  ['${EMPTY:+x}', ''],
  ['${EMPTY+x}', 'x'],
  ['${A:?no}', 'a'],
  ['${A:-${B:?x}}y', 'ay'],
  ['a$', 'a$'],
])('%s becomes %s', (text, expected) => {
  expect(expandWord(text, lookup)).toEqual({ ok: true, value: expected });
});

test.each([
  ['$NOBODY', { kind: 'undeclared', name: 'NOBODY' }],
  ['${A:+$NOBODY}', { kind: 'undeclared', name: 'NOBODY' }],
  ['${A', { kind: 'malformed' }],
  ['${A:-x', { kind: 'malformed' }],
  ['${}', { kind: 'malformed' }],
  ['${A%x}', { kind: 'malformed' }],
  ['${UNSET:?give it}', { kind: 'malformed', message: '`UNSET` has no value: give it' }],
  ['"a', { kind: 'malformed' }],
  ["'a", { kind: 'malformed' }],
])('%s is refused', (text, error) => {
  expect(expandWord(text, lookup)).toMatchObject({ ok: false, error });
});

test('words are split at blanks outside quotes and braces', () => {
  expect(splitWords('a "b c"  \'d e\' f\\ g ${H:-i j}')).toEqual([
    'a',
    '"b c"',
    "'d e'",
    'f\\ g',
    '${H:-i j}',
  ]);
});

test('a quote left open gives no words', () => {
  expect(splitWords('a "b')).toBeUndefined();
});
