/**
 * What matrix.yaml says about clauses of the contract that an image need not fulfil for a time. Which clauses there
 * are, and what waiving one means, is the smoke room's matter.
 */
import type { Check } from './check.ts';
import { isDay } from './day.ts';
import type { Waiver } from './image-set.ts';
import type { WaiverEntry } from './schema.ts';
import { usageError, usageWarning } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

/**
 * The waivers that hold on `today` (YYYY-MM-DD, UTC), the last day included. One that has ended is told as a warning
 * and left out, so that the image is judged without it; what is wrong is an error.
 */
export function readWaivers(
  check: Check,
  path: YamlPath,
  entries: readonly WaiverEntry[],
  today: string,
): readonly Waiver[] {
  const first = new Map<string, YamlPath>();
  return entries.flatMap((entry, index): Waiver[] => {
    const before = check.findings.errorCount;
    const place = [...path, index];
    checkEntry(check, place, entry, first);
    if (check.findings.errorCount > before) return [];
    if (entry.until >= today) return [{ ...entry, span: check.source.valueSpan([...place, 'clause']) }];
    check.findings.add(
      usageWarning(
        'expired-waiver',
        `the waiver of \`${entry.clause}\` ended on ${entry.until}`,
        check.source.valueSpan([...place, 'until']),
        { help: 'take it out, or give it a later day and the reason why it still has to be' },
      ),
    );
    return [];
  });
}

function checkEntry(check: Check, place: YamlPath, entry: WaiverEntry, first: Map<string, YamlPath>): void {
  const { clause, reason, until } = entry;
  const clausePlace = [...place, 'clause'];
  const span = check.source.valueSpan(clausePlace);
  const earlier = first.get(clause);
  if (earlier === undefined) first.set(clause, clausePlace);
  else {
    const notes = [{ message: 'it was first written here', span: check.source.valueSpan(earlier) }];
    check.findings.add(usageError('duplicate-value', `\`${clause}\` is waived twice`, span, { notes }));
  }
  if (!/^[A-Z]\d{1,3}[a-z]?$/.test(clause)) {
    const help = 'a clause is a capital letter and a number, as a failed check shows it: `S4`';
    check.findings.add(usageError('invalid-value', `\`${clause}\` is no clause`, span, { help }));
  }
  if (reason.trim() === '') {
    const at = check.source.valueSpan([...place, 'reason']);
    check.findings.add(usageError('invalid-value', 'a waiver needs a reason', at));
  }
  if (!isDay(until)) {
    const at = check.source.valueSpan([...place, 'until']);
    check.findings.add(
      usageError('invalid-day', `\`${until}\` is no day`, at, { help: 'a day is written YYYY-MM-DD' }),
    );
  }
}
