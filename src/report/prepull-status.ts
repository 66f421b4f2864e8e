/** How far the nodes of a pool are, as lines: the sum, and what is missing, grouped by its reason. Pure. */
import type { NodeState, NodeStatus, PoolStatus } from '../ship/prepull/judge.ts';
import { signs, styleOf, type Style } from './style.ts';
import { cleanLine, count } from './text.ts';
import { wrapWords } from './wrap-words.ts';

/** `25 of 25 nodes have 6 images (4.1 GB)`. */
export function poolSummary({ ready, desired, images }: PoolStatus, bytes: number | undefined): string {
  const size = bytes === undefined || bytes === 0 ? '' : ` (${bytesText(bytes)})`;
  return `${ready} of ${count(desired, 'node')} ${ready === 1 ? 'has' : 'have'} ${count(images, 'image')}${size}`;
}

/** One digit behind the point, for a person compares it with a disk. */
export function bytesText(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

export interface Layout {
  readonly colour: boolean;
  /** 0: as wide as it wants. */
  readonly width: number;
}

/** What the nodes that are not ready lack: a line for each reason with its nodes, and what to do. Empty when all are. */
export function renderMissing(status: PoolStatus, layout: Layout): string {
  const style = styleOf(layout.colour);
  const width = layout.width === 0 ? 120 : layout.width;
  const groups = groupByReason(status.nodes.filter(({ state }) => state.kind !== 'ready'));
  const lines = groups.flatMap(({ state, text, nodes }) => {
    const [sign, paint] = signOf(state, style);
    const head = `  ${sign} ${nodeNames(nodes, width - text.length - 8)}: ${text}`;
    const isNews = state.kind === 'failed' && state.said !== '' && !text.endsWith(state.said);
    const said = isNews ? [`said: ${cleanLine(state.said)}`] : [];
    const help =
      state.kind === 'failed' && state.reason.help !== undefined ? [`help: ${state.reason.help}`] : [];
    return [paint(head), ...[...said, ...help].flatMap((line) => indented(line, width)).map(style.dim)];
  });
  const without = status.desired - status.nodes.filter(({ state }) => state.kind !== 'not-ready').length;
  if (without > 0) lines.push(style.dim(`  ${signs.waiting} ${count(without, 'node')} without a pod yet`));
  return lines.map((line) => `${line}\n`).join('');
}

/** The same in one sentence each, for a summary that is read elsewhere: `b, c: base: pulling`. */
export function missingReasons(status: PoolStatus): readonly string[] {
  const groups = groupByReason(status.nodes.filter(({ state }) => state.kind !== 'ready'));
  return groups.map(({ text, nodes }) => cleanLine(`${nodeNames(nodes, sentenceWidth)}: ${text}`));
}

const sentenceWidth = 80;

interface Group {
  readonly state: NodeState;
  readonly text: string;
  readonly nodes: readonly string[];
}

function groupByReason(nodes: readonly NodeStatus[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const { node, state } of nodes) {
    const text = stateText(state);
    const known = groups.get(`${state.kind} ${text}`);
    groups.set(`${state.kind} ${text}`, { state, text, nodes: [...(known?.nodes ?? []), node] });
  }
  return [...groups.values()].toSorted((a, b) => rank(a.state) - rank(b.state));
}

function rank({ kind }: NodeState): number {
  return ['failed', 'not-ready', 'pulling', 'waiting', 'ready'].indexOf(kind);
}

/** A node's state in a few words. */
export function stateText(state: NodeState): string {
  switch (state.kind) {
    case 'ready':
      return 'has everything';
    case 'pulling':
      return state.container === undefined ? 'starting' : `pulling ${state.container} (${state.done} there)`;
    case 'waiting':
      return state.why;
    case 'failed':
      return [state.container, state.reason.text].filter((part) => part !== undefined).join(': ');
    case 'not-ready':
      return `the node is not ready: ${state.why}`;
    default:
      return state satisfies never;
  }
}

function signOf(state: NodeState, style: Style): readonly [string, (text: string) => string] {
  switch (state.kind) {
    case 'failed':
    case 'not-ready':
      return [signs.failed, style.bad];
    case 'pulling':
      return [signs.running, style.accent];
    case 'waiting':
      return [signs.waiting, style.dim];
    case 'ready':
      return [signs.done, style.good];
    default:
      return state satisfies never;
  }
}

/** As many names as fit, and how many more there are. */
function nodeNames(nodes: readonly string[], room: number): string {
  let shown = 1;
  const text = (number: number): string => nodes.slice(0, number).join(', ');
  while (shown < nodes.length && text(shown + 1).length < room - 12) shown += 1;
  const more = nodes.length - shown;
  return more === 0 ? text(shown) : `${text(shown)} and ${more} more`;
}

function indented(line: string, width: number): readonly string[] {
  return wrapWords(line, Math.max(20, width - 6)).map((each) => `      ${each}`);
}
