/**
 * What was worth a word in a run although nothing failed by it, told once at its end: the same words for several
 * images are one line, and so is a clause that several images should meet and do not. Pure.
 */
import type { RunView } from './run-view.ts';
import type { Style } from './style.ts';
import { cleanLine, count } from './text.ts';

/** Names that are told before the rest is only counted. */
const toldNames = 3;

/** A line for each remark; none where there is nothing to say. */
export function remarkLines({ remarks, shortfalls }: RunView, style: Style): readonly string[] {
  const label = style.warn('remark');
  return [
    ...[...grouped(remarks.map(({ image, message }) => [message, image]))].map(
      ([message, names]) =>
        `${label}: ${names.length === 0 ? '' : `${listed(names)}: `}${cleanLine(message)}`,
    ),
    ...[...grouped(shortfalls.map(({ image, clause }) => [clause, image]))].map(
      ([clause, names]) => `${label}: ${cleanLine(clause)}: not so in ${listed(names)}`,
    ),
  ];
}

/** In the order in which the keys came first. */
function grouped(
  pairs: readonly (readonly [key: string, name: string | undefined])[],
): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, name] of pairs) {
    const names = groups.get(key) ?? [];
    if (name !== undefined && !names.includes(name)) names.push(name);
    groups.set(key, names);
  }
  return groups;
}

/** `a, b, c and 4 others`. */
function listed(names: readonly string[]): string {
  const rest = names.length - toldNames;
  if (rest <= 1) return names.join(', ');
  return `${names.slice(0, toldNames).join(', ')} and ${count(rest, 'other')}`;
}
