/** What a release costs a pool's nodes, as lines. Pure. */
import type { PoolEstimate } from '../ship/prepull/estimate.ts';
import { styleOf } from './style.ts';
import { count, formatBytes, formatDuration } from './text.ts';

/** One or two lines a pool. Ends with a newline. */
export function renderEstimates(
  estimates: readonly PoolEstimate[],
  { colour }: { readonly colour: boolean },
): string {
  const style = styleOf(colour);
  return estimates
    .map((estimate) => {
      const parts = [fetchText(estimate), diskText(estimate), timeText(estimate)].filter(
        (part) => part !== '',
      );
      const whole = estimate.countedWhole.length;
      const remark =
        whole === 0
          ? ''
          : `\n  ${style.dim(`layers of ${count(whole, 'image')} are not known: counted whole`)}`;
      return `${style.bold(estimate.pool)}  ${parts.join(' · ')}${remark}\n`;
    })
    .join('');
}

function fetchText({ images, fetchBytes, presentBytes }: PoolEstimate): string {
  const there = presentBytes === 0 ? '' : ` (${formatBytes(presentBytes)} there already)`;
  return `${count(images, 'image')}, ${formatBytes(fetchBytes)} to fetch a node${there}`;
}

function diskText({ diskBytes, diskLimit }: PoolEstimate): string {
  if (diskLimit === undefined) return `${formatBytes(diskBytes)} on its disk`;
  return `${formatBytes(diskBytes)} of ${formatBytes(diskLimit.usable)} on its disk`;
}

function timeText({ nodes, atOnce, totalMs }: PoolEstimate): string {
  if (nodes === undefined || atOnce === undefined) return '';
  const pace = `${count(nodes, 'node')}, ${atOnce} at once`;
  return totalMs === undefined ? pace : `${pace}: about ${formatDuration(totalMs)}`;
}
