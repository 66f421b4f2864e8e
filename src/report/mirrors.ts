/** What became of the family's mirrors, as lines. Pure. */
import type { MirrorOutcome } from '../ship/mirror-images.ts';
import { signs, styleOf } from './style.ts';
import { count, formatBytes } from './text.ts';

/** A line for each mirror, then a count. Ends with a newline. */
export function renderMirrors(
  outcomes: readonly MirrorOutcome[],
  { colour }: { readonly colour: boolean },
): string {
  if (outcomes.length === 0) return 'no image of the family is a mirror\n';
  const style = styleOf(colour);
  const lines = outcomes.map(({ name, from, to, result }) => {
    switch (result.kind) {
      case 'copied':
        return `${style.good(signs.done)} ${style.bold(name)}  ${to}@${shortDigest(result.digest)}  ${style.dim(`${formatBytes(result.sentBytes)} sent`)}`;
      case 'unchanged':
        return `${style.dim(signs.reused)} ${style.bold(name)}  ${to}@${shortDigest(result.digest)}  ${style.dim('as it was')}`;
      case 'failed':
        return `${style.bad(signs.failed)} ${style.bold(name)}  ${from}: ${result.reason}`;
      default:
        return result satisfies never;
    }
  });
  const failed = outcomes.filter(({ result }) => result.kind === 'failed').length;
  const summary = `${count(outcomes.length - failed, 'mirror')} there${failed === 0 ? '' : `, ${failed} failed`}`;
  return `${[...lines, summary].join('\n')}\n`;
}

function shortDigest(digest: string): string {
  return `${digest.slice(0, 19)}…`;
}
