/** A story of steps as people read it: a line each, with its time, and under what failed what was seen. Pure. */
import type { StepResult, ToldStory } from '../smoke/story.ts';
import { signs, styleOf, type Style } from './style.ts';
import { cleanLine, count, formatDuration } from './text.ts';

export interface StoryReportOptions {
  readonly colour: boolean;
}

/** Longest `id` of a step, for the column. */
const idWidth = 15;

/** One step. Ends with a newline. */
export function renderStep(
  { id, title, result, durationMs, evidence }: StepResult,
  options: StoryReportOptions,
): string {
  const style = styleOf(options.colour);
  const { sign, paint } = look(result, style);
  const time = result === 'not-run' ? '' : `  ${style.dim(formatDuration(durationMs))}`;
  const head = `  ${paint(sign)} ${paint(id.padEnd(idWidth))} ${cleanLine(title)}${time}`;
  const seen = result === 'pass' ? [] : evidence.map((line) => `      ${style.dim(`│ ${cleanLine(line)}`)}`);
  return `${[head, ...seen].join('\n')}\n`;
}

/** What it comes to. Ends with a newline. */
export function renderStory({ passed, steps, durationMs }: ToldStory, options: StoryReportOptions): string {
  const style = styleOf(options.colour);
  const time = formatDuration(durationMs);
  if (passed) return `${style.good(`${count(steps.length, 'step')} passed`)} in ${time}\n`;
  const failed = steps.filter(({ result }) => result === 'fail').map(({ id }) => id);
  const notRun = steps.filter(({ result }) => result === 'not-run').length;
  const rest = notRun === 0 ? '' : `; ${notRun} not run`;
  return `${style.bad(`failed at ${failed.join(', ')}`)}${rest}, after ${time}\n`;
}

function look(result: StepResult['result'], style: Style): { sign: string; paint: (text: string) => string } {
  switch (result) {
    case 'pass':
      return { sign: signs.done, paint: style.good };
    case 'fail':
      return { sign: signs.failed, paint: style.bad };
    case 'not-run':
      return { sign: signs.waiting, paint: style.dim };
    default:
      return result satisfies never;
  }
}
