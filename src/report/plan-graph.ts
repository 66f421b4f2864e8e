/** A plan as a graph for other tools: Graphviz's DOT and Mermaid's flowchart. Pure. */
import type { Action } from '../core/event.ts';
import { describeReason } from '../key/reasons.ts';
import type { ShownEntry } from '../plan/plan.ts';
import type { ShownPlan } from './plan-tree.ts';
import { cleanLine } from './text.ts';

/** Border and filling of each action's boxes; in both formats the same, and legible on white. */
const colours: Readonly<Record<Action, { readonly line: string; readonly fill: string }>> = {
  reuse: { line: '#8c959f', fill: '#f6f8fa' },
  build: { line: '#0969da', fill: '#ddf4ff' },
  verify: { line: '#1a7f37', fill: '#dafbe1' },
  publish: { line: '#1a7f37', fill: '#dafbe1' },
  blocked: { line: '#9a6700', fill: '#fff8c5' },
};

/** DOT (graphviz.org/doc/info/lang.html): an edge from each parent to its child. Ends with a newline. */
export function renderDot({ entries }: ShownPlan): string {
  const names = new Set(entries.map(({ name }) => name));
  const nodes = entries.map((entry) => {
    const { line, fill } = colours[entry.action];
    const label = labelOf(entry).map(escapeDot).join('\\n');
    return `  "${escapeDot(entry.name)}" [label="${label}", color="${line}", fillcolor="${fill}"];`;
  });
  const edges = entries.flatMap(({ name, parents }) =>
    parents
      .filter((parent) => names.has(parent))
      .map((parent) => `  "${escapeDot(parent)}" -> "${escapeDot(name)}";`),
  );
  const head = ['digraph images {', '  rankdir=LR;', '  node [shape=box, style="rounded,filled"];'];
  return `${[...head, ...nodes, ...edges, '}'].join('\n')}\n`;
}

/** A flowchart (mermaid.js.org/syntax/flowchart.html), as GitHub shows it in Markdown. Ends with a newline. */
export function renderMermaid({ entries }: ShownPlan): string {
  // Names could be words of the language (`end`), so that nodes have numbers.
  const ids = new Map(entries.map(({ name }, index) => [name, `i${index}`]));
  const nodes = entries.map(
    (entry, index) => `  i${index}["${labelOf(entry).map(escapeMermaid).join('<br/>')}"]:::${entry.action}`,
  );
  const edges = entries.flatMap(({ parents }, index) =>
    parents.flatMap((parent) => {
      const id = ids.get(parent);
      return id === undefined ? [] : [`  ${id} --> i${index}`];
    }),
  );
  const used = [...new Set(entries.map(({ action }) => action))];
  const classes = used.map(
    (action) =>
      `  classDef ${action} stroke:${colours[action].line},fill:${colours[action].fill},color:#1f2328`,
  );
  return `${['flowchart LR', ...nodes, ...edges, ...classes].join('\n')}\n`;
}

function labelOf({ name, action, reasons: [reason] }: ShownEntry): readonly string[] {
  if (action === 'reuse') return [name];
  return [name, reason === undefined ? action : `${action}: ${cleanLine(describeReason(reason))}`];
}

function escapeDot(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** Whatever could end a quoted label, begin HTML or Markdown, or be a character's number. */
function escapeMermaid(text: string): string {
  return text.replace(/[#&<>"`*_\\[\]{}|]/g, (sign) => `#${sign.charCodeAt(0)};`);
}
