/**
 * Lists in brackets: an item more, an item less, on one line or on many. Pure text.
 */
import { isAlias, isCollection, isMap, isScalar, isSeq, type YAMLSeq } from 'yaml';

/**
 * Offset behind the last character of a node that is more than space or comment (a block's own range includes
 * the comments below it).
 */
export function contentEnd(node: unknown): number {
  if (isScalar(node) || isAlias(node)) return trimmedEnd(node.range, node);
  if (isCollection(node) && node.flow === true) return node.range?.[1] ?? 0;
  if (isMap(node)) {
    return Math.max(0, ...node.items.map(({ key, value }) => Math.max(contentEnd(key), contentEnd(value))));
  }
  if (isSeq(node)) return Math.max(0, ...node.items.map(contentEnd));
  return 0;
}

/** A block scalar's range ends behind its last line feed. */
function trimmedEnd(range: readonly number[] | null | undefined, node: unknown): number {
  const end = range?.[1] ?? 0;
  const isBlock = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  return isBlock ? Math.max(range?.[0] ?? 0, end - 1) : end;
}

/** The text with an item behind the last one of a list in brackets. */
export function appendFlowItem(text: string, seq: YAMLSeq, item: string): string {
  const [start, end] = seq.range ?? [0, 0, 0];
  if (seq.items.length === 0) return `${text.slice(0, start)}[${item}]${text.slice(end)}`;
  const last = startOf(seq.items.at(-1));
  const lastEnd = contentEnd(seq.items.at(-1));
  const comma = commaAfter(text, lastEnd);
  const lead = text.slice(text.lastIndexOf('\n', last - 1) + 1, last);
  const behind = comma ?? lastEnd;
  if (lead.trim() !== '') {
    const trail = comma === undefined ? '' : ',';
    const separated = comma === undefined ? `, ${item}` : ` ${item}${trail}`;
    return text.slice(0, behind) + separated + text.slice(behind);
  }
  // One item a line: a comment behind the last one stays with it.
  const rest = /^[ \t]*(?:#[^\r\n]*)?(?=\r?\n)/.exec(text.slice(behind))?.[0] ?? '';
  const feed = text.includes('\r\n') ? '\r\n' : '\n';
  const tail = text.slice(behind + rest.length);
  const lines = comma === undefined ? `,${rest}${feed}${lead}${item}` : `${rest}${feed}${lead}${item},`;
  return text.slice(0, behind) + lines + tail;
}

/** The text without one item of a list in brackets, its comma and, where it had one of its own, its line. */
export function removeFlowItem(text: string, seq: YAMLSeq, index: number): string {
  const start = startOf(seq.items[index]);
  const itemEnd = contentEnd(seq.items[index]);
  const comma = commaAfter(text, itemEnd);
  const previous = index === 0 ? undefined : contentEnd(seq.items[index - 1]);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const end = comma ?? itemEnd;
  const ownLine = /^[ \t]*(?:#[^\r\n]*)?\r?\n/.exec(text.slice(end));
  const before = (upTo: number): string =>
    // The last item takes the comma before it along, else an empty item would remain.
    comma === undefined && previous !== undefined
      ? text.slice(0, previous) + text.slice(previous, upTo).replace(',', '')
      : text.slice(0, upTo);
  if (text.slice(lineStart, start).trim() === '' && ownLine !== null) {
    return before(lineStart) + text.slice(end + ownLine[0].length);
  }
  if (comma === undefined) return before(start).trimEnd() + text.slice(end);
  return text.slice(0, start) + text.slice(end).replace(/^[ \t]+/, '');
}

function startOf(node: unknown): number {
  return (isScalar(node) || isAlias(node) || isCollection(node) ? node.range?.[0] : undefined) ?? 0;
}

/** Offset behind the comma that follows, comments and space passed over; undefined where none does. */
function commaAfter(text: string, offset: number): number | undefined {
  const found = /^(?:\s|#[^\r\n]*(?=\r?\n))*,/.exec(text.slice(offset));
  return found === null ? undefined : offset + found[0].length;
}
