/** A plan as a tree for people: every image under the parent that it is built on first. Pure. */
import { describeReason } from '../key/reasons.ts';
import type { ShownEntry } from '../plan/plan.ts';
import { styleOf, type Style } from './style.ts';
import { cleanLine, count, formatDuration } from './text.ts';
import { cellWidth } from './text-width.ts';

/** What the displays of a plan go by: one that is to be done, or one that is only compared. */
export interface ShownPlan {
  readonly entries: readonly ShownEntry[];
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
/** In less room than this, the beginning of a reason is all that can be told. */
const leastCut = 16;

type Cut = (text: string, width: number, options?: { readonly position: 'middle' }) => string;

/**
 * Name, action and the first reason of each image, then the totals. A line each; where long names leave no room for a
 * reason, it stands below its image. Ends with a newline.
 */
export async function renderPlanTree(plan: ShownPlan, options: TreeOptions): Promise<string> {
  // A pipe is spared the library that cuts coloured text: loading it takes 30 ms.
  const cut: Cut = options.width === 0 ? (text) => text : (await import('cli-truncate')).default;
  const style = styleOf(options.colour);
  const names = new Set(plan.entries.map(({ name }) => name));
  // An image with several parents stands once, under the first that is in the plan.
  const parentOf = new Map(
    plan.entries.map(({ name, parents }) => [name, parents.find((parent) => names.has(parent))]),
  );
  const childrenOf = Map.groupBy(plan.entries, ({ name }) => parentOf.get(name));
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
  const lines = rows.flatMap(({ label, below, entry }) => {
    const room = width === 0 ? Infinity : width - labelWidth - gap - actionWidth;
    const isLong = cellWidth(label) > labelWidth;
    const action = paintAction(entry, style);
    const reason = reasonText(entry, style, room, cut);
    if (isLong) {
      const rest = width - cellWidth(below) - actionWidth;
      return [
        cut(label, width),
        cut(`${below}${action}${reasonText(entry, style, rest, cut)}`.trimEnd(), width),
      ];
    }
    const padding = ' '.repeat(labelWidth - cellWidth(label) + gap);
    return [cut(`${label}${padding}${action}${reason}`.trimEnd(), width)];
  });
  return `${[...lines, ...(lines.length > 0 ? [''] : []), totals(plan)].join('\n')}\n`;
}

interface Row {
  /** The name behind its branch. */
  readonly label: string;
  /** What stands before a line of its own below it. */
  readonly below: string;
  readonly entry: ShownEntry;
}

function paintAction(entry: ShownEntry, style: Style): string {
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
      return style.warn(word);
    default:
      entry.action satisfies never;
      return word;
  }
}

function noteOn(others: number): string {
  return others > 0 ? ` (and ${others} more)` : '';
}

/** The whole of what is told as a reason. */
function reasonWords({ reasons: [first, ...others] }: ShownEntry): string {
  return first === undefined ? '' : `${cleanLine(describeReason(first))}${noteOn(others.length)}`;
}

/** Of a path that is too long, the beginning and the end tell more than the middle. */
function reasonText(entry: ShownEntry, style: Style, room: number, cut: Cut): string {
  const [first, ...others] = entry.reasons;
  if (first === undefined) return '';
  const note = noteOn(others.length);
  const rest = room - note.length;
  const whole = cleanLine(describeReason(first));
  // That a root moved says more than the ends of two digests.
  const words = whole.length > rest ? whole.replace(/ moved from \S+ to \S+$/, ' moved') : whole;
  const fits = words.length <= rest || rest < leastCut;
  return `${fits ? words : cut(words, rest, { position: 'middle' })}${style.dim(note)}`;
}

function totals({ entries, removed, estimateMs = 0 }: ShownPlan): string {
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
