/** The moving part of the live display as text: what runs now, what waits, how far it is. Pure. */
import { stripVTControlCharacters } from '../core/node-util.ts';
import cliTruncate from 'cli-truncate';
import type { ImageView, RunView } from './run-view.ts';
import { signs, styleOf, type Style } from './style.ts';
import { cellWidth } from './text-width.ts';
import { cleanLine, formatDuration } from './text.ts';

export interface FrameOptions {
  readonly colour: boolean;
  readonly width: number;
  readonly height: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** At most `height - 1` lines, none wider than `width`. */
export function renderFrame(view: RunView, options: FrameOptions): string {
  const style = styleOf(options.colour);
  const images = [...view.images.values()];
  const running = images.filter((image) => image.outcome === undefined && image.stage !== undefined);
  // Between two stages an image waits for a slot or for its parents, and is listed with those that wait.
  const waiting = images.filter((image) => image.outcome === undefined && image.stage === undefined);
  const nameWidth = Math.max(0, ...running.map(({ name }) => name.length));
  const room = Math.max(1, options.height - 4);

  const lines = running.slice(0, room).map((image) => runningLine(image, nameWidth, options.now, style));
  if (running.length > room) lines.push(style.dim(`  … and ${running.length - room} more`));
  if (waiting.length > 0)
    lines.push(style.dim(`${signs.waiting} waiting: ${waiting.map(({ name }) => name).join(', ')}`));
  lines.push(progressLine(view, images, options.now, style));
  return lines.map((line) => cliTruncate(line, options.width)).join('\n');
}

/** Rows that a frame takes on a terminal of this width, however wide it was drawn. */
export function rowsOf(frame: string, width: number): number {
  if (frame === '') return 0;
  const cells = frame.split('\n').map((line) => cellWidth(stripVTControlCharacters(line)));
  return cells.reduce((rows, length) => rows + Math.max(1, Math.ceil(length / width)), 0);
}

/** Long enough to wonder whether it hangs. */
const longSilenceMs = 60_000;

function runningLine(image: ImageView, nameWidth: number, now: number, style: Style): string {
  const elapsed = formatDuration(now - image.stageStarted).padStart(6);
  const stage = (image.stage ?? '').padEnd(5);
  const silence = now - image.heard;
  const silent =
    image.stage === 'build' && silence > longSilenceMs ? `silent for ${formatDuration(silence)}  ` : '';
  return `${style.accent(signs.running)} ${style.bold(image.name.padEnd(nameWidth))}  ${stage} ${elapsed}  ${style.warn(silent)}${style.dim(cleanLine(image.activity))}`;
}

function progressLine(view: RunView, images: readonly ImageView[], now: number, style: Style): string {
  const ended = images.filter(({ outcome }) => outcome !== undefined);
  const failed = ended.filter(({ outcome }) => outcome?.kind === 'failed').length;
  const parts = [`${ended.length} of ${images.length}`];
  if (failed > 0) parts.push(style.bad(`${failed} failed`));
  const elapsed = now - view.started;
  const { estimateMs = 0 } = view;
  // An estimate that proved too small is of no use any more.
  const about = estimateMs > elapsed ? ` of about ${formatDuration(estimateMs)}` : '';
  parts.push(`${formatDuration(elapsed)}${about}`);
  return `  ${parts.join(style.dim(' · '))}`;
}
