/** What a person sees of a diagnostic, letter by letter. */
import { describe, expect, test } from 'vitest';
import type { Diagnostic, SourceSpan } from '../../../src/core/diagnostic.ts';
import { renderDiagnostics } from '../../../src/report/diagnostics.ts';
import { cellWidth } from '../../../src/report/text-width.ts';

const plain = { colour: false, width: 80 };

function span(text: string, marked: string, line = 12): SourceSpan {
  const at = text.indexOf(marked);
  return { file: 'matrix.yaml', line, column: at + 1, length: marked.length, text };
}

function error(rest: Partial<Diagnostic>): Diagnostic {
  return { category: 'usage', severity: 'error', code: 'some-code', message: 'something is wrong', ...rest };
}

/** The text between a line's bar and its end; of the line with the source and of the one with the caret. */
function sourceAndCaret(rendered: string): readonly [string, string] {
  const lines = rendered.split('\n').filter((line) => / \| ?/.test(line));
  return [lines[1]?.replace(/^[^|]*\| /, '') ?? '', lines[2]?.replace(/^[^|]*\| /, '') ?? ''];
}

describe('a rendered diagnostic', () => {
  test('shows message, place, line, caret and help', () => {
    const diagnostic = error({
      code: 'unknown-key',
      message: 'unknown key `contxt` in `images.base`',
      span: span('    contxt: images/base', 'contxt'),
      help: 'did you mean `context`?',
    });
    expect(renderDiagnostics([diagnostic], plain)).toBe(`\
error[unknown-key]: unknown key \`contxt\` in \`images.base\`
  --> matrix.yaml:12:5
   |
12 |     contxt: images/base
   |     ^^^^^^
   = help: did you mean \`context\`?
`);
  });

  test('puts notes with places of their own below, on one gutter', () => {
    const diagnostic = error({
      message: 'the key `base` stands here twice',
      span: span('  base: {}', 'base', 104),
      notes: [
        { message: 'it was first written here', span: span('  base: { kind: hub }', 'base', 9) },
        { message: 'the last one would win' },
      ],
      help: 'remove one',
    });
    expect(renderDiagnostics([diagnostic], plain)).toBe(`\
error[some-code]: the key \`base\` stands here twice
   --> matrix.yaml:104:3
    |
104 |   base: {}
    |   ^^^^
    = note: the last one would win
    = help: remove one
note: it was first written here
   --> matrix.yaml:9:3
    |
  9 |   base: { kind: hub }
    |   ----
`);
  });

  test('says what has no place, and tells several with a blank line between', () => {
    const diagnostics = [
      error({ message: 'no image is called `curse`', help: 'did you mean `course`?' }),
      error({ severity: 'warning', code: 'other', message: 'mind this' }),
    ];
    expect(renderDiagnostics(diagnostics, plain)).toBe(`\
error[some-code]: no image is called \`curse\`
  = help: did you mean \`course\`?

warning[other]: mind this
`);
    expect(renderDiagnostics([], plain)).toBe('');
  });

  test('breaks long sentences at blanks and leaves names whole', () => {
    const diagnostic = error({
      message:
        'the argument `COURSE_REPO_WITH_A_VERY_LONG_NAME` of the definition `course` is not declared by its Dockerfile',
      help: 'declare it there by `ARG COURSE_REPO_WITH_A_VERY_LONG_NAME`, or take it out of the definition in matrix.yaml',
    });
    expect(renderDiagnostics([diagnostic], plain)).toBe(`\
error[some-code]: the argument \`COURSE_REPO_WITH_A_VERY_LONG_NAME\` of the
  definition \`course\` is not declared by its Dockerfile
  = help: declare it there by \`ARG COURSE_REPO_WITH_A_VERY_LONG_NAME\`, or take
          it out of the definition in matrix.yaml
`);
  });

  test('begins on a line of its own where the first words do not fit beside what it is called', () => {
    const message = '`RUN apt-get update && apt-get install -y python3-nosuch-at-all` failed';
    expect(renderDiagnostics([error({ code: 'build-step-failed', message })], plain)).toBe(
      `error[build-step-failed]:\n  ${message}\n`,
    );
  });

  test('paints severity, place and caret where colours are wanted', () => {
    const diagnostic = error({ span: span('a: b', 'b', 1), help: 'do c' });
    expect(renderDiagnostics([diagnostic], { colour: true, width: 80 }).replaceAll('\u001B', '')).toBe(`\
[1;31merror[some-code][0m[1m: something is wrong[0m
 [1;34m-->[0m matrix.yaml:1:4
  [1;34m|[0m
[1;34m1[0m [1;34m|[0m a: b
  [1;34m|[0m    [1;31m^[0m
  [1;34m=[0m [1;36mhelp:[0m do c
`);
  });
});

describe('the line with the caret', () => {
  test('is cut around the caret where it is long', () => {
    const long = `  course: { context: courses/physics, args: { A: "${'x'.repeat(60)}", B: "{course.nme}", C: "${'y'.repeat(60)}" } }`;
    expect(renderDiagnostics([error({ span: span(long, '{course.nme}') })], plain)).toBe(`\
error[some-code]: something is wrong
  --> matrix.yaml:12:118
   |
12 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", B: "{course.nme}", C: "yyyyyyyyyyyyyy…
   |                                          ^^^^^^^^^^^^
`);
  });

  test('shows the end of a long line in full width', () => {
    const long = `${'x '.repeat(100)}end`;
    const [source, caret] = sourceAndCaret(renderDiagnostics([error({ span: span(long, 'end') })], plain));
    expect(source.length).toBe(74);
    expect(source.endsWith('x x end')).toBe(true);
    expect(caret.trim()).toBe('^^^');
    expect(source.slice(caret.indexOf('^'))).toBe('end');
  });

  test('fits the width although the marked place is longer', () => {
    const long = `key: ${'v'.repeat(300)}`;
    const rendered = renderDiagnostics([error({ span: span(long, long.slice(5)) })], plain);
    expect(Math.max(...rendered.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    const [source, caret] = sourceAndCaret(rendered);
    expect(source).toMatch(/^…?v+…$/);
    expect(caret).toMatch(/^ ?\^+$/);
  });

  test('has the caret under wide characters, emoji and accents put together', () => {
    for (const lead of ['物理学: ', '👩‍🔬 physics: ', 'e\u0301tude: ', '한국어 ', 'ｆｕｌｌ ']) {
      const [source, caret] = sourceAndCaret(
        renderDiagnostics([error({ span: span(`${lead}wrong`, 'wrong') })], plain),
      );
      expect(cellWidth(source.slice(0, source.indexOf('wrong')))).toBe(caret.indexOf('^'));
    }
    const [, wide] = sourceAndCaret(renderDiagnostics([error({ span: span('a: 物理', '物理') })], plain));
    expect(wide).toBe('   ^^^^');
    expect(cellWidth('👩‍🔬e\u0301')).toBe(3);
  });

  test('opens tabs to spaces', () => {
    const [source, caret] = sourceAndCaret(
      renderDiagnostics([error({ span: span('\tab\tc: d', 'c') })], plain),
    );
    expect(source).toBe('    ab  c: d');
    expect(caret).toBe('        ^');
  });

  test('marks the place behind the end of a line', () => {
    const behind = { file: 'matrix.yaml', line: 1, column: 4, length: 1, text: 'a: ' };
    const [source, caret] = sourceAndCaret(renderDiagnostics([error({ span: behind })], plain));
    expect([source, caret]).toEqual(['a:', '   ^']);
  });

  test('lets no control character through, wherever it comes from', () => {
    const evil = 'x\u001B[31m\u0007\u009B2J\u202Ered\r\n\u007F\u2028';
    const rendered = renderDiagnostics(
      [
        error({
          code: evil,
          message: evil,
          help: evil,
          notes: [{ message: evil }, { message: evil, span: { ...span(evil, 'x'), file: evil } }],
          span: span(`${evil} wrong`, 'wrong'),
        }),
      ],
      plain,
    );
    expect(rendered.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E\u2028]/u);
    const [source, caret] = sourceAndCaret(rendered);
    expect(source).toBe('x␛[31m␇�2J�red␍␊␡� wrong');
    expect(source.slice(caret.indexOf('^'))).toBe('wrong');
  });

  test('never throws and never exceeds the width, whatever the place', () => {
    const pieces = ['a', ' ', '物', '\t', '👩‍🔬', '\u0301', '\u001B', '\uD800', 'long-word', '{', '\u200B'];
    let seed = 20_261_120;
    const random = (limit: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * limit);
    };
    for (let round = 0; round < 500; round += 1) {
      const text = Array.from({ length: random(120) }, () => pieces[random(pieces.length)]).join('');
      const place = { file: 'f', line: random(2000), column: random(130), length: random(60), text };
      const width = 40 + random(100);
      const rendered = renderDiagnostics([error({ span: place, message: 'm' })], { colour: false, width });
      const lines = rendered.split('\n');
      expect(Math.max(...lines.map(cellWidth)), JSON.stringify(place)).toBeLessThanOrEqual(width);
      expect(rendered, JSON.stringify(place)).toContain('^');
    }
  });
});
