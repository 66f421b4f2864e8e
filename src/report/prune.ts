/** What `build prune --local` lets go, as lines. Pure. */
import type { ExpiredTag } from '../run/prune-local.ts';
import { count, formatBytes } from './text.ts';

const dayMs = 86_400_000;

/** A line for each content of an image, then what becomes of them. Ends with a newline. */
export function renderPrune(tags: readonly ExpiredTag[], runs: number, removed: boolean): string {
  const lines = tags.map(({ reference, why, ageMs, size }) => {
    const reason = why === 'superseded' ? 'superseded' : 'no longer in the family';
    return `${shortened(reference)}  ${formatBytes(size)}, ${count(Math.floor(ageMs / dayMs), 'day')} old, ${reason}`;
  });
  if (tags.length === 0 && runs === 0) return 'nothing has expired\n';
  const what = `${count(tags.length, 'record')} and ${count(runs, 'run')}`;
  lines.push(removed ? `removed ${what}` : `would remove ${what}; \`--yes\` does`);
  return `${lines.join('\n')}\n`;
}

/** The whole key tells a person nothing more. */
function shortened(reference: string): string {
  return reference.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
}
