/**
 * Adds an entry to a YAML list, or takes one out, by changing the lines concerned and no other byte: comments,
 * order, quotes and line ends stay as somebody wrote them. Pure text; what the entries mean is the caller's matter.
 */
import { type Document, isMap, isSeq, parseDocument, type YAMLSeq } from 'yaml';
import { contentEnd, removeFlowItem, appendFlowItem } from './flow-list.ts';
import { blockEntry, flowEntry, styleOfEntry, type Entry } from './yaml-entry.ts';

/** What stands in the way of editing a text. */
export type ListProblem = 'not-yaml' | 'not-a-list';

export type EditedList =
  | { readonly kind: 'edited'; readonly text: string }
  | { readonly kind: ListProblem }
  /** Nothing to take out is called so. */
  | { readonly kind: 'absent' };

/** The text with one more entry at the end of its list, in the style of the entry before it. */
export function appendEntry(text: string, entry: Entry): EditedList {
  if (text.startsWith(byteOrderMark)) return withMark(appendEntry(text.slice(1), entry));
  const list = openList(text);
  if (typeof list === 'string') return { kind: list };
  if (list === undefined) return edited(appendToNothing(text, entry));
  if (list.seq.flow === true) return edited(appendToFlow(text, list.seq, entry));
  return edited(appendToBlock(text, list, entry));
}

/** The text without the entries whose `name` is this one. */
export function removeEntry(text: string, name: string): EditedList {
  if (text.startsWith(byteOrderMark)) return withMark(removeEntry(text.slice(1), name));
  const list = openList(text);
  if (typeof list === 'string') return { kind: list };
  const index = list === undefined ? -1 : entryNames(list).indexOf(name);
  if (list === undefined || index < 0) return { kind: 'absent' };
  if (list.seq.flow === true) return edited(removeFlowItem(text, list.seq, index));
  return edited(removeFromBlock(text, list, index));
}

interface OpenList {
  readonly document: Document;
  readonly seq: YAMLSeq;
  /** Offsets of the dashes, where the list has them. */
  readonly dashes: readonly number[];
}

/** Undefined: there is nothing yet, or nothing but comments. */
function openList(text: string): OpenList | ListProblem | undefined {
  const document = parseDocument(text, { keepSourceTokens: true, logLevel: 'error', uniqueKeys: false });
  if (document.errors.length > 0) return 'not-yaml';
  const { contents } = document;
  if (contents === null) return undefined;
  if (!isSeq(contents)) return 'not-a-list';
  const token = contents.srcToken;
  const dashes =
    token?.type === 'block-seq'
      ? token.items.flatMap(({ start }) => start.find(({ type }) => type === 'seq-item-ind')?.offset ?? [])
      : [];
  return { document, seq: contents, dashes };
}

/** In the order of the list; an entry without a name has an empty one. */
function entryNames({ document, seq }: OpenList): readonly string[] {
  return seq.items.map((item, index) =>
    isMap(item) && item.has('name') ? String(document.getIn([index, 'name'])) : '',
  );
}

const byteOrderMark = '\uFEFF';

function withMark(result: EditedList): EditedList {
  return result.kind === 'edited' ? edited(byteOrderMark + result.text) : result;
}

function edited(text: string): EditedList {
  return { kind: 'edited', text };
}

function appendToNothing(text: string, entry: Entry): string {
  const feed = lineFeedOf(text);
  const lead = text === '' || text.endsWith('\n') ? text : text + feed;
  return `${lead}${blockEntry(entry, { lead: '', afterDash: ' ', feed })}${feed}`;
}

function appendToFlow(text: string, seq: YAMLSeq, entry: Entry): string {
  const [start, end] = seq.range ?? [0, 0, 0];
  const isAlone = text.slice(lineStart(text, start), start).trim() === '';
  // An empty list on a line of its own says nothing of a style: the usual one takes its place.
  if (seq.items.length === 0 && isAlone) {
    const feed = lineFeedOf(text);
    return text.slice(0, start) + blockEntry(entry, { lead: '', afterDash: ' ', feed }) + text.slice(end);
  }
  return appendFlowItem(text, seq, flowEntry(entry, styleOfEntry(text, seq.items.at(-1))));
}

function appendToBlock(text: string, list: OpenList, entry: Entry): string {
  const { seq, dashes } = list;
  const feed = lineFeedOf(text);
  const dash = dashes.at(-1) ?? 0;
  const lead = text.slice(lineStart(text, dash), dash);
  const afterDash = /^-([ \t]+)\S/.exec(text.slice(dash, lineEnd(text, dash)))?.[1] ?? ' ';
  const style = styleOfEntry(text, seq.items.at(-1));
  const written =
    style.form === 'flow'
      ? `${lead}-${afterDash}${flowEntry(entry, style)}`
      : blockEntry(entry, { lead, afterDash, feed, quotes: style.quotes });
  const at = entryEnd(text, list, seq.items.length - 1);
  const gap = hasBlankLineBefore(text, dashes) ? feed : '';
  return text.slice(0, at) + feed + gap + written + text.slice(at);
}

function removeFromBlock(text: string, list: OpenList, index: number): string {
  const dash = list.dashes[index] ?? 0;
  // A list without entries has to say so: a file of comments alone would be empty.
  const end = entryEnd(text, list, index);
  if (list.seq.items.length === 1) return `${text.slice(0, dash)}[]${text.slice(end)}`;
  const before = text.slice(0, lineStart(text, dash));
  const after = text.slice(end);
  // Of the blank lines around the entry, those on one side go with it.
  if (index === list.seq.items.length - 1) return before.replace(/(?:\r?\n[ \t]*)*\r?\n$/, '') + after;
  const isSetApart = before === '' || /\n[ \t]*\r?\n$/.test(before);
  return before + after.replace(isSetApart ? /^(?:[ \t]*\r?\n)+/ : /^\r?\n/, '');
}

/** End of an entry's last line; comments below it that are indented deeper than its dash belong to it. */
function entryEnd(text: string, { seq, dashes }: OpenList, index: number): number {
  const dash = dashes[index] ?? 0;
  const column = dash - lineStart(text, dash);
  let end = lineEnd(text, Math.max(dash, contentEnd(seq.items[index])));
  for (;;) {
    const next = /^\r?\n([ \t]+)#[^\r\n]*/.exec(text.slice(end));
    if (next === null || (next[1] ?? '').length <= column) return end;
    end += next[0].length;
  }
}

function hasBlankLineBefore(text: string, dashes: readonly number[]): boolean {
  const [previous, last] = dashes.slice(-2);
  return previous !== undefined && last !== undefined && /\n[ \t]*\r?\n/.test(text.slice(previous, last));
}

function lineFeedOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** Offset of the line's end, before its line feed. */
function lineEnd(text: string, offset: number): number {
  const feed = text.indexOf('\n', offset);
  if (feed < 0) return text.length;
  return text.charAt(feed - 1) === '\r' ? feed - 1 : feed;
}
