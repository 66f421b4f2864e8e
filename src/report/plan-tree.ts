/** A plan as a tree for people: every image under the parent that it is built on first. Pure. */
import { describeReason, type Reason } from '../key/reasons.ts';
import type { ShownEntry, UnknownImage } from '../plan/plan.ts';
import { styleOf, type Style } from './style.ts';
import { cleanLine, count, formatDuration } from './text.ts';
import { cellWidth } from './text-width.ts';
import { wrapPaths, wrapWords } from './wrap-words.ts';

/** What the displays of a plan go by: one that is to be done, or one that is only compared. */
export interface ShownPlan {
  readonly entries: readonly ShownEntry[];
  /** Of a plan that is known in part: images that nothing can be told of. */
  readonly unknown?: readonly UnknownImage[] | undefined;
  /** Of a comparison: images that are no more. */
  readonly removed?: readonly string[] | undefined;
  /** About how long it would take; undefined where something was never built here. */
  readonly estimateMs?: number | undefined;
}

export interface TreeOptions {
  readonly colour: boolean;
  /** Cells of the terminal, which lines keep to; 0 leaves them whole (a pipe). */
  readonly width: number;
}

const actionWidth = 8;
/** Blanks between a name and its action. */
const gap = 2;
/** In less room than this, a reason stands below its image. */
const leastReason = 28;
/** Of a reason of more lines than these the middle is left out: `build explain` tells all of it. */
const mostLines = 3;

type Cut = (text: string, width: number, options?: { readonly position: 'middle' }) => string;

/**
 * Name, action and the first reason of each image, then the totals. A line each; a reason that is longer than its line
 * goes on below, and where long names leave no room for it, it stands below its image. Ends with a newline.
 */
export async function renderPlanTree(plan: ShownPlan, options: TreeOptions): Promise<string> {
  // A pipe is spared the library that cuts coloured text: loading it takes 30 ms.
  const cut: Cut = options.width === 0 ? (text) => text : (await import('cli-truncate')).default;
  const style = styleOf(options.colour);
  const images: readonly Shown[] = [...plan.entries, ...(plan.unknown ?? [])];
  const names = new Set(images.map(({ name }) => name));
  // An image with several parents stands once, under the first that is in the plan.
  const parentOf = new Map(
    images.map(({ name, parents }) => [name, parents.find((parent) => names.has(parent))]),
  );
  const childrenOf = Map.groupBy(images, ({ name }) => parentOf.get(name));
  const rows: Row[] = [];
  const visit = (parent: string | undefined, indent: string): void => {
    const children = childrenOf.get(parent) ?? [];
    for (const [index, entry] of children.entries()) {
      const last = index === children.length - 1;
      const branch = parent === undefined ? '' : last ? '└─ ' : '├─ ';
      const inner = parent === undefined ? indent : `${indent}${last ? '   ' : '│  '}`;
      const trunk = childrenOf.has(entry.name) ? '│  ' : '   ';
      rows.push({ label: `${indent}${branch}${entry.name}`, below: `${inner}${trunk}`, entry });
      visit(entry.name, inner);
    }
  };
  visit(undefined, '');
  const widest = Math.max(0, ...rows.map(({ label }) => cellWidth(label)));
  const { width } = options;
  // Names that are longer than what is left beside actions and reasons stand alone on their line.
  const isWide =
    width === 0 ||
    rows.every(({ entry }) => widest + gap + actionWidth + cellWidth(reasonWords(entry)) <= width);
  const most = isWide ? widest : Math.max(leastReason, width - 2 * gap - actionWidth - leastReason);
  const labelWidth = Math.min(widest, Math.max(most, 1));
  const own = new Map(plan.entries.map(({ name, reasons: [first] }) => [name, first]));
  const lines = rows.flatMap(({ label, below, entry }) => {
    const action = paintAction(entry, style);
    const isLong = cellWidth(label) > labelWidth;
    const column = isLong ? cellWidth(below) + actionWidth : labelWidth + gap + actionWidth;
    const room = width === 0 ? Infinity : Math.max(1, width - column);
    const [first = '', ...rest] = reasonLines(entry, own, style, room, cut);
    const further = rest.map((line) => `${below.padEnd(column)}${line}`);
    const padding = ' '.repeat(Math.max(0, labelWidth - cellWidth(label)) + gap);
    const head = isLong ? [label, `${below}${action}${first}`] : [`${label}${padding}${action}${first}`];
    return [...head, ...further].map((line) => cut(line.trimEnd(), width));
  });
  return `${[...lines, ...(lines.length > 0 ? [''] : []), ...wrapWords(totals(plan), width)].join('\n')}\n`;
}

type Shown = ShownEntry | UnknownImage;

interface Row {
  /** The name behind its branch. */
  readonly label: string;
  /** What stands before a line of its own below it. */
  readonly below: string;
  readonly entry: Shown;
}

function paintAction(entry: Shown, style: Style): string {
  const word = entry.action.padEnd(actionWidth);
  switch (entry.action) {
    case 'reuse':
      return style.dim(word);
    case 'build':
      return style.accent(word);
    case 'verify':
    case 'publish':
      return style.good(word);
    case 'blocked':
    case 'unknown':
      return style.warn(word);
    default:
      entry satisfies never;
      return word;
  }
}

function noteOn(others: number): string {
  return others > 0 ? ` (and ${others} more)` : '';
}

/** The whole of what is told as a reason. */
function reasonWords(entry: Shown): string {
  if (entry.action === 'unknown') return cleanLine(`root ${entry.root} can’t be found`);
  const [first, ...others] = entry.reasons;
  return first === undefined ? '' : `${cleanLine(describeReason(first))}${noteOn(others.length)}`;
}

/**
 * The first reason in lines of `room` cells. `own`: the first reasons of the images of the plan, which have lines of
 * their own.
 */
function reasonLines(
  entry: Shown,
  own: ReadonlyMap<string, Reason | undefined>,
  style: Style,
  room: number,
  cut: Cut,
): readonly string[] {
  if (entry.action === 'unknown') return fewLines(reasonWords(entry), room, cut);
  const [first, ...others] = entry.reasons;
  if (first === undefined) return [];
  const note = noteOn(others.length);
  const whole = cleanLine(describeReason(first));
  const isShort = cellWidth(whole + note) <= room;
  const lines = isShort ? [whole] : fewLines(shorter(first, whole, own), room, cut);
  const last = lines.at(-1) ?? '';
  return cellWidth(last + note) <= room
    ? [...lines.slice(0, -1), `${last}${style.dim(note)}`]
    : [...lines, style.dim(note.trimStart())];
}

/** What little room spares: what another line of the plan tells, and digests of which nobody knows the end. */
function shorter(reason: Reason, whole: string, own: ReadonlyMap<string, Reason | undefined>): string {
  const cause = firstCause(reason);
  const told = cause === undefined ? undefined : own.get(cause.image);
  return cause?.because !== undefined &&
    told !== undefined &&
    describeReason(told) === describeReason(cause.because)
    ? cleanLine(`${cause.image} changed`)
    : whole
        .replace(/ moved from \S+ to \S+$/, ' moved')
        .replace(/; what the engine has of that name .*$/, '');
}

function firstCause(reason: Reason): (Reason & { readonly kind: 'parent-changed' }) | undefined {
  if (reason.kind !== 'parent-changed') return undefined;
  return (reason.because === undefined ? undefined : firstCause(reason.because)) ?? reason;
}

/** What a reason is about stands at its beginning, and what happened to that at its end. */
function fewLines(text: string, room: number, cut: Cut): readonly string[] {
  let lines = wrapPaths(text, room);
  for (let cells = mostLines * room; lines.length > mostLines && cells > 0; cells -= 2)
    lines = wrapPaths(cut(text, cells, { position: 'middle' }), room);
  return lines;
}

function totals({ entries, unknown = [], removed, estimateMs = 0 }: ShownPlan): string {
  if (unknown.length > 0) {
    const done = entries.filter(({ action }) => action === 'reuse').length;
    return `Known in part: ${count(entries.length - done, 'image')} with something to do, ${done} unchanged, ${unknown.length} unknown.`;
  }
  if (entries.length === 0 && removed === undefined) return 'No image is selected.';
  const reused = entries.filter(({ action }) => action === 'reuse').length;
  const todo = entries.length - reused;
  if (removed === undefined)
    return todo === 0
      ? `Nothing to do: ${count(reused, 'image')} unchanged.`
      : `${count(todo, 'image')} with something to do, ${reused} unchanged.${
          estimateMs > 0 ? ` About ${formatDuration(estimateMs)}, as the last builds took.` : ''
        }`;
  const added = entries.filter(({ reasons }) => reasons[0]?.kind === 'new-image').length;
  const parts = [
    ...(todo > added ? [`${count(todo - added, 'image')} would be rebuilt`] : []),
    ...(added > 0 ? [`${added} new`] : []),
    ...(removed.length > 0 ? [`${removed.length} gone (${removed.map(cleanLine).join(', ')})`] : []),
    `${reused} unchanged`,
  ];
  return `Since that plan: ${parts.join(', ')}.`;
}
