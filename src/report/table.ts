/**
 * A table that fits a terminal: columns beside each other as long as there is room; then the last one goes on below
 * itself, and columns that have no room at all stand below their row. No word is broken. A pipe has no width: there a
 * row stays one line. Pure.
 */
import { cellWidth } from './text-width.ts';
import { wrapWords } from './wrap-words.ts';

export interface Column {
  readonly heading: string;
  /** What stands before its cell below a row; else the heading does. */
  readonly below?: string;
}

export interface TableOptions {
  /** Cells of the terminal; 0: a pipe. */
  readonly width: number;
  readonly paintHeading: (text: string) => string;
}

const gap = '  ';
/** In less room than this a column is no column. */
const leastRoom = 24;

/** The heading and the rows. */
export function layTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, paintHeading }: TableOptions,
): readonly string[] {
  const natural = columns.map(({ heading }, index) =>
    Math.max(...[heading, ...rows.map((row) => row[index] ?? '')].map(cellWidth)),
  );
  const beside = width === 0 ? columns.length : columnsBeside(natural, rows, width);
  const before = natural.slice(0, beside - 1).reduce((sum, each) => sum + each + gap.length, 0);
  const room = width === 0 ? 0 : Math.max(1, width - before);
  const lay = (cells: readonly string[]): readonly string[] => {
    const lead = cells.slice(0, beside - 1).map((cell, index) => padded(cell, natural[index] ?? 0) + gap);
    const [first = '', ...rest] = wrapWords(cells[beside - 1] ?? '', room);
    return [`${lead.join('')}${first}`.trimEnd(), ...rest.map((line) => ' '.repeat(before) + line)];
  };
  const body = rows.flatMap((row) => [
    ...lay(row),
    ...columns.slice(beside).flatMap(({ heading, below }, index) => {
      const cell = row[beside + index] ?? '';
      const text = `${below ?? heading} ${cell}`.trim();
      return cell === '' ? [] : wrapWords(text, Math.max(1, width - 4)).map(setIn);
    }),
  ]);
  return [...lay(columns.map(({ heading }) => heading)).map(paintHeading), ...body];
}

/** How many columns stand beside each other: all but the last as they are, the last with room for its words. */
function columnsBeside(
  natural: readonly number[],
  rows: readonly (readonly string[])[],
  width: number,
): number {
  for (let count = natural.length; count > 1; count -= 1) {
    const last = count - 1;
    const room = width - natural.slice(0, last).reduce((sum, each) => sum + each + gap.length, 0);
    const longest = Math.max(
      ...rows.flatMap((row) => (row[last] ?? '').split(' ').map((word) => cellWidth(word))),
    );
    if ((natural[last] ?? 0) <= room || (room >= leastRoom && longest <= room)) return count;
  }
  return 1;
}

function setIn(line: string, index: number): string {
  return `${index === 0 ? '  ' : '    '}${line}`;
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - cellWidth(text)));
}
