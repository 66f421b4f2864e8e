import { describe, expect, test } from 'vitest';
import { argWords, instructionWords } from '../../../src/graph/instruction-words.ts';

describe('the words of an instruction', () => {
  test.each([
    ['FROM a AS b', [], ['a', 'AS', 'b']],
    ['FROM --platform=x a', ['platform=x'], ['a']],
    ['FROM --platform=x', ['platform=x'], []],
    ['COPY --link --from= a b', ['link', 'from='], ['a', 'b']],
    ['COPY a --from=b', [], ['a', '--from=b']],
    ['COPY -- --from=b c', [], ['--from=b', 'c']],
    ['RUN --mount=type=bind,"from=a b",target=/c d', ['mount=type=bind,"from=a b",target=/c'], ['d']],
    ['RUN --mount=id=a\\ b c', ['mount=id=a\\ b'], ['c']],
    ['RUN --mount=id="a b', ['mount=id="a b'], []],
    ['COPY "a b" c', [], ['"a', 'b"', 'c']],
    ['FROM', [], []],
  ])('%s', (text, flags, args) => {
    const words = instructionWords(text);
    const written = words.flags.map(({ name, value }) =>
      value === undefined ? name : `${name}=${value.text}`,
    );
    expect(written).toEqual(flags);
    expect(words.args.map((word) => word.text)).toEqual(args);
  });

  test('each stands where its range says', () => {
    const text = 'COPY  --from=x   a\tb';
    const { flags, args } = instructionWords(text);
    const words = [...flags.flatMap(({ value }) => value ?? []), ...args];
    expect(words.map(({ start, end }) => text.slice(start, end))).toEqual(['x', 'a', 'b']);
  });
});

test.each([
  ['ARG A="x y" B', '\\', ['A="x y"', 'B']],
  ['ARG A B C', '\\', ['A', 'B', 'C']],
  ['ARG A=x\\ y', '\\', ['A=x\\ y']],
  ['ARG A=x\\ y', '`', ['A=x\\', 'y']],
  ["ARG A='\\' B", '\\', ["A='\\'", 'B']],
  ['ARG', '\\', []],
])('declarations of %s with the escape %s', (text, escape, expected) => {
  expect(argWords(text, escape).map((word) => word.text)).toEqual(expected);
});
