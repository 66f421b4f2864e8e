/** One finished image as one line, the same words in every display. Pure. */
import { formatBytes, formatDuration } from './text.ts';
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
      return `${style.good(signs.done)} ${name}  ${doneText(image)}`;
    case 'failed':
      return `${style.bad(signs.failed)} ${style.bold(name)}  ${style.bad(`${outcome.stage} failed`)}: ${outcome.failure.message}`;
    case 'blocked':
      return `${style.warn(signs.blocked)} ${name}  ${style.warn(`blocked by ${outcome.culprit}`)}`;
    case 'cancelled':
      return style.dim(`${signs.blocked} ${name}  cancelled`);
    default:
      outcome satisfies never;
      return name;
  }
}

function doneText(image: ImageView): string {
  const parts: string[] = [];
  for (const { stage, durationMs, summary, remembered } of image.finished) {
    const words = { build: 'built', smoke: 'passed', push: 'pushed', tag: 'tagged' }[stage];
    if (stage === 'tag') continue;
    parts.push(
      remembered
        ? 'the same as before'
        : `${words}${summary === undefined ? '' : ` ${summary}`} in ${formatDuration(durationMs)}`,
    );
  }
  if (image.size !== undefined) parts.push(formatBytes(image.size));
  return parts.join(', ');
}
