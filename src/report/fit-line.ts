/**
 * Lines that fit a terminal: parts that stand beside each other where there is room, and below each other where there
 * is none. A pipe has no width: there a line stays one line, for programs that read it. Pure.
 */
import { cellWidth } from './text-width.ts';
import { wrapWords } from './wrap-words.ts';

export interface Part {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const gap = '  ';
/** The sign and its blank. */
const signCells = 2;

/** As `fitLine`, behind a sign of one cell, which may be painted. */
export function fitSigned(
  sign: string,
  parts: readonly (Part | string)[],
  { width, indent }: { readonly width: number; readonly indent: number },
): readonly string[] {
  const beside = width === 0 ? 0 : width - signCells;
  const [first = '', ...rest] = fitLine(parts, { width: beside, indent });
  return [`${sign} ${first}`, ...rest];
}

/** The parts of one line, two blanks between them; what does not fit `width` cells (0: all does) begins a line, set in. */
export function fitLine(
  parts: readonly (Part | string)[],
  { width, indent }: { readonly width: number; readonly indent: number },
): readonly string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const part of parts) {
    const { text, paint = (same: string): string => same } = typeof part === 'string' ? { text: part } : part;
    if (text === '') continue;
    const cells = cellWidth(text);
    if (line === '' || width === 0 || used + gap.length + cells <= width) {
      const before = line === '' ? '' : gap;
      if (line !== '' || width === 0 || cells <= width) {
        line += before + paint(text);
        used += before.length + cells;
        continue;
      }
    }
    if (line !== '') lines.push(line);
    const room = lines.length === 0 ? width : Math.max(1, width - indent);
    const pad = (at: number): string => (lines.length === 0 && at === 0 ? '' : ' '.repeat(indent));
    const wrapped = wrapWords(text, room).map((each, at) => pad(at) + paint(each));
    lines.push(...wrapped.slice(0, -1));
    line = wrapped.at(-1) ?? '';
    used = indent + cellWidth(wrapWords(text, room).at(-1) ?? '');
  }
  return line === '' ? lines : [...lines, line];
}
