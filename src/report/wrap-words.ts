/** Breaks a text at its blanks, so that names, paths and commands stay whole and can be copied. Pure. */
import { stripVTControlCharacters } from '../core/node-util.ts';
import { cellWidth, splitGraphemes } from './text-width.ts';

/** Paint takes no room. */
function cellsOf(text: string): number {
  return cellWidth(text.includes('\u001B') ? stripVTControlCharacters(text) : text);
}

/** The words of a text; a command between backquotes is one, where it is no longer than `width` cells. */
export function wordsOf(text: string, width: number): readonly string[] {
  const words: string[] = [];
  let open: string | undefined;
  for (const word of text.split(' ')) {
    const whole = open === undefined ? word : `${open} ${word}`;
    const isOpen = (whole.split('`').length - 1) % 2 === 1;
    if (isOpen && cellsOf(whole) <= width) open = whole;
    else {
      words.push(...(isOpen || cellsOf(whole) > width ? whole.split(' ') : [whole]));
      open = undefined;
    }
  }
  return open === undefined ? words : [...words, ...open.split(' ')];
}

/** Lines of at most `width` cells, but for words that are longer; 0: one line. */
export function wrapWords(text: string, width: number): readonly string[] {
  if (width === 0) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text, width)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && cellsOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Lines of at most `width` cells: a word that is longer is broken as well, at the folders of a path where it can be. */
export function wrapPaths(text: string, width: number): readonly string[] {
  return wrapWords(text, width).flatMap((line) => {
    if (cellsOf(line) <= width) return [line];
    const lines: string[] = [];
    let last = '';
    for (const piece of line.match(/[^/]*\/|[^/]+/g) ?? []) {
      for (const part of cellsOf(piece) <= width ? [piece] : piecesOf(piece, width)) {
        if (last !== '' && cellsOf(last + part) > width) {
          lines.push(last);
          last = part;
        } else last += part;
      }
    }
    return [...lines, last];
  });
}

function piecesOf(word: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const each of splitGraphemes(word)) {
    if (piece !== '' && cellsOf(piece + each) > width) {
      pieces.push(piece);
      piece = each;
    } else piece += each;
  }
  return [...pieces, piece];
}
