/** A run as plain lines, for CI's logs and pipes: nothing is overwritten, each line says how far in it was. */
import type { RunEvent } from '../core/event.ts';
import { imageLine } from './image-line.ts';
import type { Reporter, Write } from './reporter.ts';
import { applyEvent, emptyView, type RunView } from './run-view.ts';
import { styleOf } from './style.ts';
import { renderSummary } from './summary.ts';
import { cleanLine, count, formatDuration } from './text.ts';
import { databaseLine } from './scan-lines.ts';

export interface PlainOptions {
  readonly colour: boolean;
  readonly width: number;
  readonly wholeLines?: true;
  /** Print what builds print, each line behind its image's name. */
  readonly verbose: boolean;
}

export function plainReporter(write: Write, options: PlainOptions): Reporter {
  const view = emptyView();
  const style = styleOf(options.colour);
  return {
    event(event) {
      applyEvent(view, event);
      const stamp = style.dim(`[${formatDuration(event.time - view.started).padStart(6)}]`);
      for (const line of linesOf(event, view, options)) write(`${stamp} ${line}\n`);
      if (event.kind === 'run-finished') write(`\n${renderSummary(view, options)}`);
    },
    close: () => undefined,
  };
}

function linesOf(event: RunEvent, view: RunView, options: PlainOptions): readonly string[] {
  switch (event.kind) {
    case 'run-started':
      return [`run ${event.run}`];
    case 'plan-made':
      return planLines(view);
    case 'stage-started':
      return [`${event.image}: ${event.stage} …`];
    case 'clause':
      return event.result === 'fail' && event.severity === 'must'
        ? [`${event.image}: ${event.id} ${event.title}: failed`]
        : [];
    case 'output':
      return options.verbose
        ? event.text.split('\n').map((line) => `${event.image} | ${cleanLine(line)}`)
        : [];
    case 'image-finished': {
      const image = view.images.get(event.image);
      if (image === undefined || event.outcome.kind === 'reused') return [];
      return [imageLine(image, 0, styleOf(options.colour))];
    }
    case 'scan-database':
      return [databaseLine(event)];
    case 'build-step':
    case 'stage-finished':
    case 'remark':
    case 'run-finished':
      return [];
    default:
      event satisfies never;
      return [];
  }
}

function planLines(view: RunView): readonly string[] {
  const images = [...view.images.values()];
  const busy = images.filter(({ action }) => action !== 'reuse');
  const lines = [`${count(images.length, 'image')}, ${busy.length} with something to do`];
  for (const { name, action, reasons } of busy)
    lines.push(`  ${action} ${name}${reasons.length > 0 ? `: ${reasons[0]}` : ''}`);
  return lines;
}
