/** One finished image as one line, the same words in every display. Pure. */
import { cleanLine, formatBytes, formatDuration } from './text.ts';
import type { ImageView } from './run-view.ts';
import { signs, type Style } from './style.ts';

/** Sign, name (padded to `nameWidth`) and what became of it. */
export function imageLine(image: ImageView, nameWidth: number, style: Style): string {
  const name = image.name.padEnd(nameWidth);
  const { outcome } = image;
  switch (outcome?.kind) {
    case undefined:
      return `${signs.waiting} ${name}`;
    case 'reused':
      return style.dim(`${signs.reused} ${name}  unchanged`);
    case 'done':
      return `${style.good(signs.done)} ${name}  ${doneText(image, style)}`;
    case 'failed':
      return `${style.bad(signs.failed)} ${style.bold(name)}  ${style.bad(`${outcome.stage} failed`)}: ${cleanLine(outcome.failure.message)}`;
    case 'blocked':
      return `${style.warn(signs.blocked)} ${name}  ${style.warn(`blocked by ${outcome.culprit}`)}`;
    case 'cancelled':
      return style.dim(`${signs.blocked} ${name}  cancelled`);
    default:
      outcome satisfies never;
      return name;
  }
}

/** The size, then what was done and how long it took: `569 MB  built 21.9s · 10 checks 3.0s · pushed 8.2s`. */
function doneText(image: ImageView, style: Style): string {
  const parts = image.finished.flatMap(({ stage, durationMs, summary, remembered }) => {
    const duration = formatDuration(durationMs);
    switch (stage) {
      case 'build':
        return [remembered ? 'the same as before' : `built ${duration}`];
      case 'smoke':
        return [`${summary ?? 'checked'} ${duration}`];
      case 'scan':
        return [`scanned${summary === undefined ? '' : ` (${summary})`} ${duration}`];
      case 'push':
        return [`pushed ${duration}`];
      case 'sign':
        return remembered ? [] : [`signed ${duration}`];
      case 'tag':
        return [];
      default:
        stage satisfies never;
        return [];
    }
  });
  const size = image.size === undefined ? '' : `${formatBytes(image.size).padStart(7)}  `;
  return `${size}${parts.join(style.dim(' · '))}`;
}
