/** What single patterns mean. That whole ignore files mean the same to Docker, tests/integration/dockerignore.test.ts shows. */
import { describe, expect, test } from 'vitest';
import { parseIgnoreFile } from '../../../src/key/dockerignore.ts';

/** True when the path, or a folder above it, is ignored, asked from the top as a walk does. */
function ignores(patterns: string, file: string): boolean {
  const rules = parseIgnoreFile(patterns);
  if (!rules.ok) throw new Error(rules.error[0]?.message);
  const parts = file.split('/');
  let verdict: ReturnType<typeof rules.value.match> | undefined;
  for (let depth = 1; depth <= parts.length; depth += 1) {
    verdict = rules.value.match(parts.slice(0, depth).join('/'), verdict?.matches);
  }
  return verdict?.ignored ?? false;
}

describe('patterns', () => {
  test.each([
    ['a', ['a', 'a/b'], ['b', 'x/a', 'ab']],
    ['/a', ['a'], ['x/a']],
    ['./a/', ['a', 'a/b'], ['x/a']],
    ['a/../b', ['b'], ['a']],
    ['*.md', ['x.md', '.md'], ['d/x.md']],
    ['*/*.md', ['d/x.md'], ['x.md', 'd/e/x.md']],
    ['**/*.md', ['x.md', 'd/x.md', 'd/e/x.md'], ['x.mdx']],
    ['**/foo', ['foo', 'd/foo', 'd/foo/x'], ['barfoo', 'd/barfoo']],
    // moby asks only for the end of the name when nothing but `**` stands before it.
    ['**foo', ['foo', 'barfoo', 'd/barfoo'], ['foo1']],
    ['d/**', ['d/x', 'd/e/x'], ['d', 'x']],
    ['d/**/x', ['d/x', 'd/e/x', 'd/e/f/x'], ['x', 'd/ex']],
    ['**', ['x', 'd/x'], []],
    ['?', ['a', 'ä', 'a/b'], ['ab', '']],
    ['[a-c]x', ['ax', 'cx'], ['dx']],
    ['[^a]x', ['bx'], ['ax']],
    ['\\*', ['*'], ['a']],
    ['a.b', ['a.b'], ['axb']],
    ['.', [], ['a', '.a']],
    ['  a  ', ['a'], []],
    ['# a', [], ['# a', 'a']],
    [' # a', ['# a'], ['a']],
    ['\uFEFFa\r\n\r\nb\r\n', ['a', 'b'], []],
  ])('%j', (patterns, ignored, kept) => {
    expect(ignored.filter((file) => !ignores(patterns, file))).toEqual([]);
    expect(kept.filter((file) => ignores(patterns, file))).toEqual([]);
  });
});

describe('exceptions', () => {
  test.each([
    ['the last pattern that matches decides', '*.md\n!README.md', 'README.md', false],
    ['an exception before it does not', '!README.md\n*.md', 'README.md', true],
    ['a file below an ignored folder', 'd\n!d/x', 'd/x', false],
    ['its neighbours stay out', 'd\n!d/x', 'd/y', true],
    ['a folder is taken in with all below', '*\n!d', 'd/e/x', false],
    ['blanks after the mark', '*\n! d', 'd', false],
    ['a pattern that the folder did not need is not handed on', 'd\n!d/x\nd', 'd/x', false],
    ['taken in and ignored again', '*\n!d\nd/e', 'd/e/x', true],
  ])('%s', (_, patterns, file, expected) => {
    expect(ignores(patterns, file)).toBe(expected);
  });

  test.each([
    ['node_modules', 'node_modules', false],
    ['d\n!d/e/x', 'd', true],
    ['d\n!d/e/x', 'd/f', false],
    ['d\n!**/x', 'd/f', true],
    ['d\n!d/**', 'd', true],
  ])('of %j an ignored %s may hold something: %s', (patterns, directory, expected) => {
    const rules = parseIgnoreFile(patterns);
    expect(rules.ok && rules.value.mayTakeInBelow(directory)).toBe(expected);
  });
});

test.each([
  ['!', 'nothing stands after `!`'],
  ['!/', 'nothing stands after `!`'],
  ['[a', 'a `[` is not closed, or its class is empty'],
  ['[]', 'a `[` is not closed, or its class is empty'],
  ['a\\', 'it ends in a backslash'],
])('%s is no pattern', (pattern, message) => {
  expect(parseIgnoreFile(`ok\n${pattern}\n`)).toEqual({ ok: false, error: [{ pattern, line: 2, message }] });
});
