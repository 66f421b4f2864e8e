/** A plan as a tree for people: every image under the parent that it is built on first. Pure. */
import { describeReason } from '../key/reasons.ts';
import type { ShownEntry } from '../plan/plan.ts';
import { styleOf, type Style } from './style.ts';
import { cleanLine, count } from './text.ts';

/** What the displays of a plan go by: one that is to be done, or one that is only compared. */
export interface ShownPlan {
  readonly entries: readonly ShownEntry[];
  /** Of a comparison: images that are no more. */
  readonly removed?: readonly string[] | undefined;
}

export interface TreeOptions {
  readonly colour: boolean;
  /** Lines are cut at this width; 0 leaves them whole (a pipe). */
  readonly width: number;
}

const actionWidth = 8;
/** In less room than this, the beginning of a reason is all that can be told. */
const leastReason = 16;

type Cut = (text: string, width: number, options?: { readonly position: 'middle' }) => string;

/** Name, action and the first reason of each image, a line each, then the totals. Ends with a newline. */
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
  const rows: { readonly label: string; readonly entry: ShownEntry }[] = [];
  const visit = (parent: string | undefined, indent: string): void => {
    const children = childrenOf.get(parent) ?? [];
    for (const [index, entry] of children.entries()) {
      const last = index === children.length - 1;
      const branch = parent === undefined ? '' : last ? '└─ ' : '├─ ';
      rows.push({ label: `${indent}${branch}${entry.name}`, entry });
      visit(entry.name, parent === undefined ? indent : `${indent}${last ? '   ' : '│  '}`);
    }
  };
  visit(undefined, '');
  const labelWidth = Math.max(0, ...rows.map(({ label }) => label.length));
  const lines = rows.map(({ label, entry }) => {
    const room = options.width === 0 ? Infinity : options.width - labelWidth - 2 - actionWidth;
    const line = `${label.padEnd(labelWidth)}  ${paintAction(entry, style)}${reasonText(entry, style, room, cut)}`;
    return cut(line.trimEnd(), options.width);
  });
  return `${[...lines, '', totals(plan)].join('\n')}\n`;
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

/** Of a path that is too long, the beginning and the end tell more than the middle. */
function reasonText(entry: ShownEntry, style: Style, room: number, cut: Cut): string {
  const [first, ...others] = entry.reasons;
  if (first === undefined) return '';
  const note = others.length > 0 ? ` (and ${others.length} more)` : '';
  const words = cleanLine(describeReason(first));
  const rest = room - note.length;
  const fits = words.length <= rest || rest < leastReason;
  return `${fits ? words : cut(words, rest, { position: 'middle' })}${style.dim(note)}`;
}

function totals({ entries, removed }: ShownPlan): string {
  const reused = entries.filter(({ action }) => action === 'reuse').length;
  const todo = entries.length - reused;
  if (removed === undefined)
    return todo === 0
      ? `Nothing to do: ${count(reused, 'image')} unchanged.`
      : `${count(todo, 'image')} with something to do, ${reused} unchanged.`;
  const added = entries.filter(({ reasons }) => reasons[0]?.kind === 'new-image').length;
  const parts = [
    ...(todo > added ? [`${count(todo - added, 'image')} would be rebuilt`] : []),
    ...(added > 0 ? [`${added} new`] : []),
    ...(removed.length > 0 ? [`${removed.length} gone (${removed.map(cleanLine).join(', ')})`] : []),
    `${reused} unchanged`,
  ];
  return `Since that plan: ${parts.join(', ')}.`;
}
