/**
 * The table in docs/benchmarks.md: each bench writes its own line there, met or not, so that the table is always
 * what was measured last. Everything else in that file is written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const file = path.resolve(import.meta.dirname, '../../docs/benchmarks.md');

export interface Row {
  /** The row's name: it takes the place of the earlier line of this name. */
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly met: boolean;
}

/** Tells a measurement, on the screen and in the table. Benches run one after another: nobody else writes meanwhile. */
export function tabled({ what, measured, limit, met }: Row): void {
  const day = new Date().toISOString().slice(0, 10);
  const line = `| ${[what, measured, limit, met ? 'yes' : '**no**', day].join(' | ')} |`;
  process.stdout.write(`${line}\n`);
  const lines = readFileSync(file, 'utf8').split('\n');
  const known = lines.findIndex((each) => each.startsWith(`| ${what} |`));
  // The table of measurements is the file's first.
  const begin = lines.findIndex((each) => each.startsWith('|'));
  const end = lines.findIndex((each, at) => at > begin && !each.startsWith('|'));
  if (known === -1) lines.splice(end, 0, line);
  else lines[known] = line;
  writeFileSync(file, lines.join('\n'));
}

/** The middle one; of an even number the upper middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** `0.24 s` */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
