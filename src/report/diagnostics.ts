/**
 * Diagnostics as text for people: what, where (the line, a caret under the very place), and what to do.
 * Decides nothing and prints nothing. Whatever comes from a user's file is made safe for a terminal.
 */
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import { cellWidth, showControls, splitGraphemes } from './text-width.ts';
import { wordsOf } from './wrap-words.ts';

export interface DiagnosticStyle {
  /** Whether to use a terminal's colours. */
  readonly colour: boolean;
  /** Cells that a line may take; source lines are cut to it around the caret. */
  readonly width: number;
}

const tabWidth = 4;
const narrowest = 40;

type Paint = (style: keyof typeof codes, text: string) => string;

const codes = { error: '1;31', warning: '1;33', strong: '1', place: '1;34', help: '1;36' } as const;

/** All diagnostics in the order given, a blank line between them, a line break at the end. Empty for none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], style: DiagnosticStyle): string {
  return diagnostics.map((diagnostic) => `${renderDiagnostic(diagnostic, style)}\n`).join('\n');
}

function renderDiagnostic(diagnostic: Diagnostic, style: DiagnosticStyle): string {
  const width = Math.max(narrowest, style.width);
  const paint: Paint = (name, text) => (style.colour ? `\u001B[${codes[name]}m${text}\u001B[0m` : text);
  const { severity, span, notes = [], help } = diagnostic;
  const spans = [span, ...notes.map((note) => note.span)].filter((each) => each !== undefined);
  const gutter = Math.max(0, ...spans.map((each) => String(each.line).length));
  const layout = { width, gutter, paint };
  const head = `${severity}[${showControls(diagnostic.code)}]: `;
  const message = wrap(showControls(diagnostic.message), width, cellWidth(head), 2);
  const lines = [
    paint(severity, head.slice(0, -2)) + paint('strong', `: ${message[0] ?? ''}`.trimEnd()),
    ...message.slice(1).map((line) => paint('strong', line)),
  ];
  if (span !== undefined) lines.push(...renderSpan(span, '^', severity, layout));
  for (const note of notes) {
    if (note.span === undefined) lines.push(...renderRemark('note', note.message, layout));
  }
  if (help !== undefined) lines.push(...renderRemark('help', help, layout));
  for (const note of notes) {
    if (note.span !== undefined) lines.push(...renderPlaceNote(note.message, note.span, layout));
  }
  return lines.join('\n');
}

interface Layout {
  readonly width: number;
  /** Digits of the largest line number shown. */
  readonly gutter: number;
  readonly paint: Paint;
}

/** A note with a place of its own stands apart, below what is said of the first place. */
function renderPlaceNote(message: string, span: SourceSpan, layout: Layout): readonly string[] {
  const [first = '', ...rest] = wrap(showControls(message), layout.width, 'note: '.length, 2);
  const head = `${layout.paint('strong', 'note:')} ${first}`;
  return [head, ...rest, ...renderSpan(span, '-', 'place', layout)];
}

/** `   = help: …`, following lines set in below the text. */
function renderRemark(kind: 'note' | 'help', text: string, layout: Layout): readonly string[] {
  const indent = layout.gutter === 0 ? '  ' : `${' '.repeat(layout.gutter)} `;
  const head = `${indent}= ${kind}: `;
  const [first = '', ...rest] = wrap(showControls(text), layout.width, head.length, head.length);
  const painted = `${indent}${layout.paint('place', '=')} ${layout.paint(kind === 'help' ? 'help' : 'strong', `${kind}:`)} `;
  return [painted + first, ...rest];
}

function renderSpan(
  span: SourceSpan,
  mark: '^' | '-',
  markStyle: 'error' | 'warning' | 'place',
  layout: Layout,
): readonly string[] {
  const { gutter, paint } = layout;
  const empty = ' '.repeat(gutter);
  const place = `${empty}${paint('place', '-->')} ${showControls(span.file)}:${span.line}:${span.column}`;
  const view = windowOf(span, layout.width - gutter - 3);
  const bar = paint('place', '|');
  const number = paint('place', String(span.line).padStart(gutter));
  return [
    place,
    `${empty} ${bar}`,
    `${number} ${bar} ${view.text}`.trimEnd(),
    `${empty} ${bar} ${' '.repeat(view.before)}${paint(markStyle, mark.repeat(view.marked))}`,
  ];
}

interface View {
  readonly text: string;
  /** Cells before the mark, and under the mark. */
  readonly before: number;
  readonly marked: number;
}

interface Cell {
  readonly text: string;
  readonly width: number;
  readonly marked: boolean;
}

/** The part of the source line that fits, with the marked place in it; `…` stands for what is cut off. */
function windowOf(span: SourceSpan, room: number): View {
  const cells = cellsOf(nearMark(span, 4 * room));
  const marks = cells.findIndex((cell) => cell.marked);
  const at = marks < 0 ? cells.length : marks;
  // A place behind the line's end (a bracket that is missing there) has no cell of its own.
  const behind = marks < 0 ? 1 : 0;
  if (widthOf(cells) + behind <= room) return viewOf(cells, at, '', '');
  const whole = room - behind - 2;
  const marked = Math.min(widthOf(cells.filter((cell) => cell.marked)), whole);
  // Two thirds of what is free show what leads to the place: the key, the definition's beginning.
  let from = reach(cells, at, -1, Math.floor(((whole - marked) * 2) / 3));
  const to = reach(cells, at, 1, whole - widthOf(cells.slice(from, at)));
  from = reach(cells, at, -1, whole - widthOf(cells.slice(at, to)));
  return viewOf(cells.slice(from, to), at - from, from > 0 ? '…' : '', to < cells.length ? '…' : '');
}

/** Of a line that is far too long what may be shown of it: files without line breaks are shown as soon as others. */
function nearMark(span: SourceSpan, reachable: number): SourceSpan {
  const from = Math.max(0, span.column - 1 - reachable);
  const text = span.text.slice(from, span.column - 1 + 2 * reachable);
  return { ...span, text, column: span.column - from };
}

/** How far one comes from a cell in a direction before the width is used up. */
function reach(cells: readonly Cell[], start: number, direction: 1 | -1, width: number): number {
  let at = start;
  let left = width;
  for (;;) {
    const next = cells[direction === 1 ? at : at - 1];
    if (next === undefined || next.width > left) return at;
    left -= next.width;
    at += direction;
  }
}

function viewOf(cells: readonly Cell[], at: number, left: string, right: string): View {
  return {
    text: left + cells.map((cell) => cell.text).join('') + right,
    before: left.length + widthOf(cells.slice(0, at)),
    marked: Math.max(1, widthOf(cells.filter((cell) => cell.marked))),
  };
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}

/** The source line as safe graphemes, tabs opened to spaces, those of the span marked. */
function cellsOf(span: SourceSpan): readonly Cell[] {
  const start = span.column - 1;
  const end = start + Math.max(1, span.length);
  let offset = 0;
  let column = 0;
  return splitGraphemes(span.text).map((grapheme) => {
    const marked = offset < end && offset + grapheme.length > start;
    const text = grapheme === '\t' ? ' '.repeat(tabWidth - (column % tabWidth)) : showControls(grapheme);
    offset += grapheme.length;
    const width = cellWidth(text);
    column += width;
    return { text, width, marked };
  });
}

/** Breaks at blanks only, and not within commands, so that names, paths and these stay whole and can be copied. */
function wrap(text: string, width: number, firstIndent: number, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let room = width - firstIndent;
  for (const word of wordsOf(text, width - indent)) {
    const longer = line === '' ? word : `${line} ${word}`;
    const isFirst = lines.length === 0 && line === '' && room < width - indent;
    if ((line !== '' || isFirst) && cellWidth(longer) > room) {
      lines.push(line);
      line = word;
      room = width - indent;
    } else line = longer;
  }
  return [...lines, line].map((each, at) => (at === 0 ? each : ' '.repeat(indent) + each));
}
