/**
 * What matrix.yaml says about days on which nothing may move: `freeze`. Who holds to it is the nightly room.
 */
import type { Check } from './check.ts';
import { isDay } from './day.ts';
import type { FreezeWindow } from './image-set.ts';
import { usageError } from './usage-error.ts';

const help = 'a day is written YYYY-MM-DD, a window `2026-12-01/2026-12-05`, both days included';

/** The windows in the order of the file; what is none is told and left out. */
export function readFreeze(check: Check, windows: readonly string[]): readonly FreezeWindow[] {
  return windows.flatMap((text, index): FreezeWindow[] => {
    const parts = text.split('/');
    const [first = '', last = first] = parts;
    const tell = (message: string): FreezeWindow[] => {
      const span = check.source.valueSpan(['freeze', index]);
      check.findings.add(usageError('invalid-day', message, span, { help }));
      return [];
    };
    if (parts.length > 2 || !isDay(first) || !isDay(last)) return tell(`\`${text}\` is no window of days`);
    if (first > last) return tell(`\`${text}\` ends before it begins`);
    return [{ first, last }];
  });
}

/** The window that a day lies in; of several the one that ends last. */
export function freezeOn(day: string, windows: readonly FreezeWindow[]): FreezeWindow | undefined {
  return windows
    .filter(({ first, last }) => first <= day && day <= last)
    .toSorted((a, b) => (a.last < b.last ? 1 : -1))[0];
}
