/**
 * The difference between two texts of equally many lines in the unified form, which `git apply` and `patch` take.
 * Pure. That is all that editing values needs: no line comes or goes.
 */

const context = 3;

/** Empty where nothing differs; ends with a newline otherwise. */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return '';
  const [old, now] = [linesOf(before), linesOf(after)];
  if (old.length !== now.length) throw new Error(`lines came or went in ${name}`);
  const changed = old.flatMap((line, index) => (line === now[index] ? [] : [index]));
  const hunks: { start: number; end: number }[] = [];
  for (const index of changed) {
    const [start, end] = [Math.max(0, index - context), Math.min(old.length, index + context + 1)];
    const last = hunks.at(-1);
    if (last !== undefined && start <= last.end) last.end = end;
    else hunks.push({ start, end });
  }
  const shown = name.replace(/^(?:\.?\/)+/, '');
  const parts = hunks.map(({ start, end }) => hunk(old, now, start, end));
  return `--- a/${shown}\n+++ b/${shown}\n${parts.join('')}`;
}

function hunk(old: readonly string[], now: readonly string[], start: number, end: number): string {
  const range = `${start + 1},${end - start}`;
  const lines: string[] = [];
  for (let index = start; index < end;) {
    if (old[index] === now[index]) {
      lines.push(marked(' ', old[index]));
      index += 1;
      continue;
    }
    let past = index;
    while (past < end && old[past] !== now[past]) past += 1;
    lines.push(...old.slice(index, past).map((each) => marked('-', each)));
    lines.push(...now.slice(index, past).map((each) => marked('+', each)));
    index = past;
  }
  return `@@ -${range} +${range} @@\n${lines.join('')}`;
}

function marked(sign: string, text = ''): string {
  return text.endsWith('\n') ? `${sign}${text}` : `${sign}${text}\n\\ No newline at end of file\n`;
}

/** With their ends, so that a last line without one is seen. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
