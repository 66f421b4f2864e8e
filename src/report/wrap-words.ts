/** Breaks a text at its blanks, so that names, paths and commands stay whole and can be copied. Pure. */
import { cellWidth } from './text-width.ts';

/** Lines of at most `width` cells, but for words that are longer; 0: one line. */
export function wrapWords(text: string, width: number): readonly string[] {
  if (width === 0) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && cellWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
