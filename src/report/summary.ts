/** The end of a run in words: each failure with its evidence, then what became of all of it. Pure. */
import type { ImageFailure } from '../core/event.ts';
import { renderDiagnostics } from './diagnostics.ts';
import { remarkLines } from './remarks.ts';
import type { RunView } from './run-view.ts';
import { databaseLine, findingLines } from './scan-lines.ts';
import { styleOf, type Style } from './style.ts';
import { cleanLine, formatDuration, lastLines } from './text.ts';
import { wrapWords } from './wrap-words.ts';

export interface SummaryOptions {
  readonly colour: boolean;
  readonly width: number;
  /** Nothing but sentences of ours is broken: what is written to a pipe is searched by line. */
  readonly wholeLines?: true;
}

/** All failures, a blank line between them, then one line with the totals. Ends with a newline. */
export function renderSummary(view: RunView, options: SummaryOptions): string {
  const style = styleOf(options.colour);
  const blocks = failuresOf(view).map((failed) => renderFailure(failed, options, style));
  const remarks = remarkLines(view, style);
  if (remarks.length > 0) blocks.push(remarks.flatMap((line) => wrapped(line, options.width)).join('\n'));
  const database = view.database === undefined ? '' : `\n${databaseLine(view.database)}`;
  blocks.push(`${totals(view, style)}${database}`);
  return `${blocks.join('\n\n')}\n`;
}

/** Broken at blanks, what follows set in; paint takes no room, and stands at the beginning alone. */
function wrapped(line: string, width: number): readonly string[] {
  const [first = '', ...rest] = wrapWords(line, width);
  const after = wrapWords(rest.join(' '), width === 0 ? 0 : width - 2);
  return rest.length === 0 ? [first] : [first, ...after.map((each) => `  ${each}`)];
}

interface Failed {
  readonly names: readonly string[];
  readonly stage: string;
  readonly failure: ImageFailure;
}

/** What failed several images in the very same way, as a missing database does, is told once. */
function failuresOf(view: RunView): readonly Failed[] {
  const failures = new Map<string, Failed>();
  for (const { name, outcome } of view.images.values()) {
    if (outcome?.kind !== 'failed') continue;
    const { stage, failure } = outcome;
    const key = JSON.stringify([stage, failure]);
    failures.set(key, { names: [...(failures.get(key)?.names ?? []), name], stage, failure });
  }
  return [...failures.values()];
}

function renderFailure({ names, stage, failure }: Failed, options: SummaryOptions, style: Style): string {
  const title = style.bad(style.bold(`${names.join(', ')}: ${stage} failed`));
  const lines = [...wrapped(`${title}: ${cleanLine(failure.message)}`, options.width)];
  if (failure.diagnostic !== undefined)
    lines.push(renderDiagnostics([failure.diagnostic], options).trimEnd());
  const width = options.wholeLines === true ? 0 : options.width;
  const below = (text: string, first: string, next: string): readonly string[] =>
    wrapWords(text, width === 0 ? 0 : Math.max(20, width - next.length)).map(
      (line, at) => (at === 0 ? first : next) + line,
    );
  for (const clause of failure.clauses ?? []) {
    lines.push(...below(`${style.bad(clause.id)} ${clause.title}`, '  ', '     '));
    for (const evidence of clause.evidence) lines.push(...below(cleanLine(evidence), '     ', '     '));
    if (clause.hint !== undefined)
      lines.push(...below(`${style.accent('likely cause')}: ${clause.hint}`, '     ', '     '));
  }
  lines.push(...findingLines(failure.findings ?? [], style));
  if (failure.tail.length > 0) {
    lines.push(style.dim(`  ${lastLines(failure.tail.length)} of its output:`));
    for (const line of failure.tail)
      lines.push(...below(cleanLine(line), '  │ ', '  │ ').map((each) => each.replace('│', style.dim('│'))));
  }
  if (failure.log !== undefined) lines.push(`  the whole log: ${failure.log}`);
  return lines.join('\n');
}

function totals(view: RunView, style: Style): string {
  const counts = view.counts ?? { reused: 0, done: 0, failed: 0, blocked: 0, cancelled: 0 };
  const parts: string[] = [];
  if (counts.done > 0) parts.push(style.good(`${counts.done} done`));
  if (counts.reused > 0) parts.push(`${counts.reused} unchanged`);
  if (counts.failed > 0) parts.push(style.bad(`${counts.failed} failed`));
  if (counts.blocked > 0) parts.push(style.warn(`${counts.blocked} blocked`));
  if (counts.cancelled > 0) parts.push(style.warn(`${counts.cancelled} cancelled`));
  const headline = {
    success: counts.done === 0 ? 'Nothing to do' : 'All good',
    failure: 'Some images failed',
    environment: 'Something outside is missing or unreachable',
    interrupted: 'Interrupted',
  }[view.result ?? 'failure'];
  const paint = view.result === 'success' ? style.good : style.bad;
  const release = view.release === undefined ? '' : `\nrelease: ${view.release}`;
  return `${paint(style.bold(headline))}: ${parts.join(', ') || '0 images'} in ${formatDuration(view.durationMs)}${release}`;
}
