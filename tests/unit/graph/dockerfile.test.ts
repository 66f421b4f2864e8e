import { describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../../src/graph/dockerfile.ts';
import type { ParsedDockerfile } from '../../../src/graph/parsed-dockerfile.ts';

function parse(text: string): ParsedDockerfile {
  const result = parseDockerfile(text, 'Dockerfile');
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function errorsOf(text: string) {
  const result = parseDockerfile(text, 'images/a/Dockerfile');
  return result.ok ? [] : result.error;
}

const texts = (text: string): readonly string[] =>
  parse(text).instructions.map((instruction) => [instruction.text, ...instruction.heredocs].join('\n'));

const bases = (text: string): readonly string[] => parse(text).stages.map((stage) => stage.base.text);

describe('instructions are cut as BuildKit cuts them', () => {
  test.each([
    ['comments and blank lines are left out', '# a\n\nFROM a\n  # b\nUSER 1\n', ['FROM a', 'USER 1']],
    ['continuation lines are joined', 'FROM a\nRUN x \\\n  && y\n', ['FROM a', 'RUN x   && y']],
    [
      'comments and blank lines within a continuation are left out',
      'FROM a\nRUN x \\\n# c\n\n  # d\n y\n',
      ['FROM a', 'RUN x  y'],
    ],
    ['blanks may follow the continuation character', 'FROM a\nRUN x \\  \n y\n', ['FROM a', 'RUN x  y']],
    [
      'an escaped backslash continues nothing',
      'FROM a\nRUN x \\\\\nUSER 1\n',
      ['FROM a', 'RUN x \\\\', 'USER 1'],
    ],
    ['the escape directive holds', '# escape=`\nFROM a\nRUN c:\\ `\n y\n', ['FROM a', 'RUN c:\\  y']],
    ['keywords are upper case afterwards', 'from a\nrun from x\n', ['FROM a', 'RUN from x']],
    [
      'CRLF and a byte order mark change nothing',
      '\uFEFFFROM a\r\nRUN x \\\r\n y\r\n',
      ['FROM a', 'RUN x  y'],
    ],
    ['a last line needs no line break', 'FROM a\nUSER 1', ['FROM a', 'USER 1']],
  ])('%s', (_, text, expected) => {
    expect(texts(text)).toEqual(expected);
  });
});

describe('heredocs', () => {
  test.each([
    [
      'a FROM in a heredoc is text',
      'FROM a\nRUN <<EOF\nFROM x\n# kept\n\nEOF\nUSER 1\n',
      'RUN <<EOF\nFROM x\n# kept\n\nEOF',
    ],
    ['it may be quoted', "FROM a\nRUN cat <<'EOF' >/x\nFROM x\nEOF\n", "RUN cat <<'EOF' >/x\nFROM x\nEOF"],
    ['it may have a file descriptor', 'FROM a\nRUN cat 3<<EOF\nFROM x\nEOF\n', 'RUN cat 3<<EOF\nFROM x\nEOF'],
    [
      'COPY has them too',
      'FROM a\nCOPY <<A <<B /\nFROM x\nA\nFROM y\nB\n',
      'COPY <<A <<B /\nFROM x\nA\nFROM y\nB',
    ],
    [
      'tabs before the end count only with `<<-`',
      'FROM a\nRUN <<A <<-B\n\tA\nA\n\tB\n',
      'RUN <<A <<-B\n\tA\nA\n\tB',
    ],
    ['ONBUILD may hold one', 'FROM a\nONBUILD RUN <<E\nFROM x\nE\n', 'ONBUILD RUN <<E\nFROM x\nE'],
    ['one after flags', 'FROM a\nRUN --network=none <<E\nFROM x\nE\n', 'RUN --network=none <<E\nFROM x\nE'],
  ])('%s', (_, text, expected) => {
    expect(texts(text)[1]).toBe(expected);
    expect(bases(text)).toEqual(['a']);
  });

  test.each([
    ['within quotes it is none', 'FROM a\nRUN echo "see <<EOF"\nFROM b\n'],
    ['a here-string is none', 'FROM a\nRUN cat <<<foo\nFROM b\n'],
    ['a JSON array holds none', 'FROM a\nRUN ["cat", "<<EOF"]\nFROM b\n'],
    ['other instructions have none', 'FROM a\nENV x=<<EOF\nFROM b\n'],
    ['with a quote left open there is none', "FROM a\nRUN echo don't <<EOF\nFROM b\n"],
  ])('%s', (_, text) => {
    expect(bases(text)).toEqual(['a', 'b']);
  });

  test('one that is never closed is told where it opens', () => {
    expect(errorsOf('FROM a\nRUN cat <<EOF\nhello\n')).toMatchObject([
      { code: 'unterminated-heredoc', span: { line: 2, column: 1, text: 'RUN cat <<EOF' } },
    ]);
  });
});

describe('stages and references', () => {
  test('a FROM gives its base as written, where it stands, and its stage in lower case', () => {
    const text = 'ARG B=x\nfrom --platform=$P   ${B:-y}/z:1 as Build\n';
    const [stage] = parse(text).stages;
    expect(stage).toMatchObject({ name: 'build', base: { text: '${B:-y}/z:1' } });
    expect(text.slice(stage?.base.range.start, stage?.base.range.end)).toBe('${B:-y}/z:1');
  });

  test('a FROM over several lines is found in the file', () => {
    const text = 'FROM \\\n  # why\n  debian \\\n  AS x\n';
    const [stage] = parse(text).stages;
    expect(text.slice(stage?.base.range.start, stage?.base.range.end)).toBe('debian');
    expect(stage?.name).toBe('x');
  });

  test.each([
    ['COPY --from', 'COPY --link --from=x a b', ['x']],
    ['COPY of what is only called so', 'COPY a --from=x', []],
    ['RUN --mount', 'RUN --mount=type=bind,from=x,target=/y cmd', ['x']],
    ['a mount with its option in quotes', 'RUN --mount=type=bind,"from=x",target=/y cmd', ['x']],
    ['two mounts', 'RUN --mount=from=x,target=/x --mount=type=cache,target=/c,from=y cmd', ['x', 'y']],
    [
      'mounts over several lines',
      'RUN --mount=type=bind,from=x,target=/x \\\n # c\n --mount=from=y,target=/y cmd',
      ['x', 'y'],
    ],
    ['a mount without from', 'RUN --mount=type=secret,id=from,target=/from=x cmd', []],
    ["a command's own --mount", 'RUN podman run --mount=type=bind,from=x', []],
  ])('%s', (_, line, expected) => {
    const text = `FROM a\n${line}\n`;
    const references = parse(text).stages[0]?.references ?? [];
    expect(references.map((reference) => reference.text)).toEqual(expected);
    expect(references.map(({ range }) => text.slice(range.start, range.end))).toEqual(expected);
  });

  test('arguments are those before the first FROM, and those of each stage, several in a line', () => {
    const { globalArgs, stages } = parse('ARG A="x y" B\nFROM a\nARG C=$A\nFROM b\nARG D=\n');
    expect(globalArgs).toMatchObject([
      { name: 'A', defaultText: '"x y"' },
      { name: 'B', defaultText: undefined },
    ]);
    expect(stages.map(({ args }) => args)).toMatchObject([
      [{ name: 'C', defaultText: '$A' }],
      [{ name: 'D', defaultText: '' }],
    ]);
  });

  test.each([
    ['ADD https://e.org/x.tgz /', [false]],
    ['ADD --checksum=sha256:abc https://e.org/x.tgz /', [true]],
    ['ADD ["https://e.org/x", "/y"]', [false]],
    ['ADD https://e.org/x.git#main /y', [false]],
    [`ADD git@e.org:x.git#${'a'.repeat(40)} /y`, [true]],
    ['ADD local.tgz /y', []],
  ])('%s is pinned: %j', (line, expected) => {
    const [stage] = parse(`FROM a\n${line}\n`).stages;
    expect(stage?.remoteAdds.map(({ pinned }) => pinned)).toEqual(expected);
  });

  test('directives are kept, and end with the first line that is none', () => {
    expect(
      parse('# syntax=docker/dockerfile:1\n# escape=`\n# x\n# check=skip=all\nFROM a\n').directives,
    ).toMatchObject([
      { name: 'syntax', value: 'docker/dockerfile:1' },
      { name: 'escape', value: '`' },
    ]);
  });
});

describe('mistakes', () => {
  test.each([
    ['no FROM', '# nothing\n', 'no-from', 1, 1],
    ['no FROM after an empty line', '\n', 'no-from', 1, 1],
    ['an instruction before FROM', 'USER 1\nFROM a\n', 'instruction-before-from', 1, 1],
    ['a FROM with too much', 'FROM a b\n', 'invalid-from', 1, 1],
    ['a FROM with nothing', 'FROM --platform=x\n', 'invalid-from', 1, 1],
    ['a stage that cannot be called so', 'FROM a AS 1x\n', 'invalid-stage-name', 1, 11],
    ['an unknown instruction', 'FROM a\n  FORM b\n', 'unknown-instruction', 2, 3],
  ])('%s', (_, text, code, line, column) => {
    expect(errorsOf(text)).toMatchObject([{ code, span: { file: 'images/a/Dockerfile', line, column } }]);
  });

  test('a slip of the keyboard is answered with the right word', () => {
    expect(errorsOf('FROM a\nCOPPY b c\n')[0]?.help).toContain('`COPY`');
  });

  test('a frontend of its own may know more instructions', () => {
    expect(errorsOf('# syntax=docker/dockerfile:1\nFROM a\nINCLUDE b\n')).toEqual([]);
  });

  test('all are told together', () => {
    expect(errorsOf('USER 1\nFROM a b\nFORM c\n')).toHaveLength(3);
  });
});
