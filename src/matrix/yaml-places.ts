/** Offsets of a YAML file's text, and its nodes, as the places that a diagnostic shows. */
import type { Node } from 'yaml';
import type { SourceSpan } from '../core/diagnostic.ts';
import { maskLogins } from '../core/logins.ts';
import { yaml } from './yaml-library.ts';

/** What the library calls a node, or undefined. */
export function asNode(value: unknown): Node | undefined {
  const { isAlias, isMap, isScalar, isSeq } = yaml();
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : undefined;
}

/** Offsets of a text as lines and columns (in UTF-16 code units, as editors count them). */
export class Places {
  readonly file: string;
  readonly text: string;
  readonly #starts: number[] = [0];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  of(node: unknown): SourceSpan {
    const range = asNode(node)?.range;
    return range ? this.span(range[0], range[1]) : this.span(0, 0);
  }

  /** From `start` to `end`, or to the end of the first line where it goes on. */
  span(start: number, end: number): SourceSpan {
    const last = this.#lineOf(Math.min(start, this.text.length));
    const lineStart = this.#starts[last] ?? 0;
    const lineEnd = (this.#starts[last + 1] ?? this.text.length + 1) - 1;
    const text = maskLogins(this.text.slice(lineStart, lineEnd).replace(/\r$/, ''));
    const column = Math.min(start - lineStart, text.length);
    const length = Math.max(1, Math.min(end - lineStart, text.length) - column);
    return { file: this.file, line: last + 1, column: column + 1, length, text };
  }
  /** Index of the line that holds an offset, found by halving: every entry of a long file asks for its place. */
  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
