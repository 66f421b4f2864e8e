/** The last lines that each step of a build printed, in bounded memory. */

/** Lines kept of each step. */
const keptLines = 20;
/** A line without an end is cut here, so that one of them cannot fill the memory. */
const longestLine = 2000;

export class OutputTail {
  readonly #steps = new Map<string, { lines: string[]; partial: string }>();
  #latest = '';

  add(step: string, text: string): void {
    this.#latest = step;
    const state = this.#steps.get(step) ?? { lines: [], partial: '' };
    this.#steps.set(step, state);
    const pieces = (state.partial + text).split('\n');
    state.partial = (pieces.pop() ?? '').slice(-longestLine);
    state.lines.push(...pieces.slice(-keptLines).map((line) => line.slice(0, longestLine)));
    if (state.lines.length > keptLines) state.lines.splice(0, state.lines.length - keptLines);
  }

  /** The given step's last lines, or those of the step that printed last. */
  lines(step?: string): readonly string[] {
    const state = this.#steps.get(step ?? this.#latest);
    if (state === undefined) return [];
    const all = state.partial === '' ? state.lines : [...state.lines, state.partial];
    return all.slice(-keptLines);
  }
}
