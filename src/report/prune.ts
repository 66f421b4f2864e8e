/** What `build prune --local` lets go, as lines. Pure. */
import type { ExpiredTag } from '../run/prune-local.ts';
import { count, formatBytes } from './text.ts';

const dayMs = 86_400_000;

export interface Expired {
  readonly tags: readonly ExpiredTag[];
  /** How many runs' folders. */
  readonly runs: number;
  /** Images of which nothing will be remembered. */
  readonly forgotten: readonly string[];
}

/** A line for each content of an image, then what becomes of them. Ends with a newline. */
export function renderPrune({ tags, runs, forgotten }: Expired, removed: boolean): string {
  const lines = tags.map(({ reference, why, ageMs, size }) => {
    const reason = why === 'superseded' ? 'superseded' : 'no longer in the family';
    return `${shortened(reference)}  ${formatBytes(size)}, ${count(Math.floor(ageMs / dayMs), 'day')} old, ${reason}`;
  });
  lines.push(...forgotten.map((name) => `${name}  what is remembered of it, no longer in the family`));
  if (lines.length === 0 && runs === 0) return 'nothing has expired\n';
  const memories = forgotten.length === 0 ? '' : ` and the memory of ${count(forgotten.length, 'image')}`;
  const what = `${count(tags.length, 'record')} and ${count(runs, 'run')}${memories}`;
  lines.push(removed ? `removed ${what}` : `would remove ${what}; \`--yes\` does`);
  return `${lines.join('\n')}\n`;
}

/** The whole key tells a person nothing more. */
function shortened(reference: string): string {
  return reference.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1…');
}
