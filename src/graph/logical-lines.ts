/**
 * Cuts a Dockerfile's text into instructions exactly as BuildKit does: continuation lines joined, comments
 * and blank lines dropped, heredocs kept verbatim, the escape directive obeyed. What an instruction means
 * is dockerfile.ts's business.
 *
 * Why not with dockerfile-ast (all seen with 0.7.1; tests hold each): it takes `"see <<EOF"` within quotes for a
 * heredoc and swallows the rest of the file, misses a heredoc with a file descriptor (`3<<EOF`), lets one `<<-`
 * count for all heredocs of a line, and continues after `\\`.
 * The rules here follow BuildKit's frontend/dockerfile/parser (parser.go, directives.go, heredoc).
 */
import { err, ok, type Result } from '../core/result.ts';
import { splitWords } from './shell-word.ts';

/** Half-open range of character offsets in a file's text. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** One instruction as BuildKit sees it. */
export interface LogicalLine {
  /** Line of its first character, from 1. */
  readonly line: number;
  /** Its lines put together, without comments, continuation characters and surrounding blanks. */
  readonly text: string;
  /** Bodies of its heredocs, each with its terminator line, verbatim. */
  readonly heredocs: readonly string[];
  /** Where the parts of `text` come from, in order. */
  readonly pieces: readonly Piece[];
}

interface Piece {
  /** Offset in LogicalLine.text. */
  readonly at: number;
  /** Offset in the file's text. */
  readonly source: number;
  readonly length: number;
}

/** A parser directive: `# syntax=…`, `# escape=…`, `# check=…`. */
export interface Directive extends TextRange {
  readonly name: string;
  readonly value: string;
}

export interface LogicalLines {
  readonly escape: '\\' | '`';
  readonly directives: readonly Directive[];
  readonly lines: readonly LogicalLine[];
}

/** A heredoc that is never closed; the range is that of the line which opens it. */
export interface UnterminatedHeredoc extends TextRange {
  readonly name: string;
}

interface RawLine {
  readonly start: number;
  /** Without its line break. */
  readonly text: string;
}

/** Cuts `text` into logical lines. Errors: a heredoc without its terminator. Follows BuildKit's parser. */
export function readLogicalLines(text: string): Result<LogicalLines, UnterminatedHeredoc> {
  const raw = splitLines(text);
  const directives = readDirectives(raw);
  const escape = directives.find(({ name }) => name === 'escape')?.value === '`' ? '`' : '\\';
  const lines: LogicalLine[] = [];
  let next = 0;
  while (next < raw.length) {
    const first = next;
    const joined = joinContinued(raw, first, escape);
    next = joined.next;
    if (joined.text.trim() === '') continue;
    const heredocs: string[] = [];
    for (const heredoc of heredocsOf(joined.text)) {
      const end = findTerminator(raw, next, heredoc);
      const opening = raw[first];
      if (end === undefined || opening === undefined) {
        const start = opening?.start ?? 0;
        return err({ name: heredoc.name, start, end: start + (opening?.text.length ?? 0) });
      }
      heredocs.push(
        raw
          .slice(next, end + 1)
          .map((line) => line.text)
          .join('\n'),
      );
      next = end + 1;
    }
    lines.push(trimmed({ line: first + 1, text: joined.text, heredocs, pieces: joined.pieces }));
  }
  return ok({ escape, directives, lines });
}

/** The file's offset of a character of a logical line's text; its end is that of its last character plus one. */
function sourceOffset(line: LogicalLine, at: number): number {
  let last = line.pieces[0];
  for (const piece of line.pieces) {
    if (piece.at > at) break;
    last = piece;
  }
  return last === undefined ? 0 : last.source + (at - last.at);
}

/** The file's range of a range of a logical line's text. */
export function sourceRange(line: LogicalLine, start: number, end: number): TextRange {
  const from = sourceOffset(line, start);
  return { start: from, end: end > start ? sourceOffset(line, end - 1) + 1 : from };
}

function splitLines(text: string): readonly RawLine[] {
  const lines: RawLine[] = [];
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  while (start < text.length) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    lines.push({ start, text: text.slice(start, end).replace(/\r+$/, '') });
    start = end + 1;
  }
  return lines;
}

function readDirectives(lines: readonly RawLine[]): readonly Directive[] {
  const directives: Directive[] = [];
  for (const line of lines) {
    const match = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line.text);
    if (match === null) break;
    const [, name = '', value = ''] = match;
    if (!['syntax', 'escape', 'check'].includes(name.toLowerCase())) continue;
    const range = { start: line.start, end: line.start + line.text.length };
    directives.push({ name: name.toLowerCase(), value, ...range });
  }
  return directives;
}

function joinContinued(lines: readonly RawLine[], first: number, escape: string) {
  // A continuation character counts with blanks after it, but not when it is itself escaped.
  const continuation = escape === '`' ? /(?:^|(?<=[^`]))`[ \t]*$/ : /(?:^|(?<=[^\\]))\\[ \t]*$/;
  const pieces: Piece[] = [];
  let text = '';
  let next = first;
  for (let isFirst = true; next < lines.length; isFirst = false) {
    const line = lines[next];
    next += 1;
    if (line === undefined) break;
    const isComment = /^\s*#/.test(line.text);
    if (!isFirst && (isComment || line.text.trim() === '')) continue;
    if (isComment) break;
    const body = line.text.replace(continuation, '');
    pieces.push({ at: text.length, source: line.start, length: body.length });
    text += body;
    if (body.length === line.text.length) break;
  }
  return { text, pieces, next };
}

interface Heredoc {
  readonly name: string;
  readonly chomp: boolean;
}

function heredocsOf(line: string): readonly Heredoc[] {
  if (!line.includes('<<')) return [];
  if (!/^\s*(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s/i.test(line)) return [];
  const heredocs: Heredoc[] = [];
  for (const word of splitWords(line) ?? []) {
    const parts = /^\d*<<(-?)([^<]+)$/.exec(word);
    const names = parts === null ? undefined : splitWords(parts[2] ?? '');
    if (parts === null || names?.length !== 1) continue;
    const name = (names[0] ?? '').replaceAll(/["'\\]/g, '');
    heredocs.push({ name, chomp: parts[1] === '-' });
  }
  return heredocs;
}

function findTerminator(lines: readonly RawLine[], from: number, heredoc: Heredoc): number | undefined {
  for (let index = from; index < lines.length; index += 1) {
    const text = lines[index]?.text ?? '';
    if ((heredoc.chomp ? text.replace(/^\t+/, '') : text) === heredoc.name) return index;
  }
  return undefined;
}

function trimmed(line: LogicalLine): LogicalLine {
  const lead = line.text.length - line.text.trimStart().length;
  const pieces = line.pieces
    .map(({ at, source, length }) => ({ at: at - lead, source, length }))
    .map((piece) =>
      piece.at >= 0 ? piece : { at: 0, source: piece.source - piece.at, length: piece.length + piece.at },
    );
  return { ...line, text: line.text.trim(), pieces };
}
