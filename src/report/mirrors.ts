/** What became of the family's mirrors, as lines. Pure. */
import type { MirrorOutcome } from '../ship/mirror-images.ts';
import { fitSigned, type Part } from './fit-line.ts';
import { signs, styleOf } from './style.ts';
import { count, formatBytes } from './text.ts';

/** A line for each mirror, then a count. Ends with a newline. */
export function renderMirrors(
  outcomes: readonly MirrorOutcome[],
  { colour, width = 0 }: { readonly colour: boolean; readonly width?: number },
): string {
  if (outcomes.length === 0) return 'no image of the family is a mirror\n';
  const style = styleOf(colour);
  const lines = outcomes.flatMap(({ name, from, to, result }) => {
    const line = (sign: string, ...parts: readonly (Part | string)[]): readonly string[] =>
      fitSigned(sign, [{ text: name, paint: style.bold }, ...parts], { width, indent: 2 });
    switch (result.kind) {
      case 'copied': {
        const sent = `${formatBytes(result.sentBytes)} sent`;
        const text = `${to}@${shortDigest(result.digest)}`;
        return line(style.good(signs.done), text, { text: sent, paint: style.dim });
      }
      case 'unchanged':
        return line(style.dim(signs.reused), `${to}@${shortDigest(result.digest)}`, {
          text: 'as it was',
          paint: style.dim,
        });
      case 'failed':
        return line(
          style.bad(signs.failed),
          result.reason.startsWith(from) ? result.reason : `${from}: ${result.reason}`,
        );
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
