/**
 * Turns character offsets of a file's text into the place that a diagnostic shows. Pure.
 */
import type { SourceSpan } from '../core/diagnostic.ts';
import type { TextRange } from './logical-lines.ts';

/** The span of a range; one that runs over several lines is cut at the end of its first. */
export function spanOf(file: string, text: string, range: TextRange): SourceSpan {
  // Before the first character there is none to look at: `lastIndexOf` would look at that one.
  const lineStart = range.start === 0 ? 0 : text.lastIndexOf('\n', range.start - 1) + 1;
  const feed = text.indexOf('\n', range.start);
  const lineEnd = feed === -1 ? text.length : feed;
  const line = text.slice(lineStart, lineEnd).replace(/\r$/, '');
  return {
    file,
    line: text.slice(0, lineStart).split('\n').length,
    column: range.start - lineStart + 1,
    length: Math.max(1, Math.min(range.end, lineStart + line.length) - range.start),
    text: line,
  };
}
