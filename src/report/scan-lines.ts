/** What scans say within a run, as lines. Pure. */
import type { BlockingFinding } from '../core/event.ts';
import type { Style } from './style.ts';
import { cleanLine, count } from './text.ts';

/** Findings that are told one by one before the rest is only counted. */
const toldFindings = 20;

/** `vulnerability database of 2026-11-20 06:00 UTC, 14 h old`. */
export function databaseLine({
  updatedAt,
  ageHours,
}: {
  readonly updatedAt: string;
  readonly ageHours: number;
}): string {
  return `vulnerability database of ${updatedAt.slice(0, 16).replace('T', ' ')} UTC, ${ageHours} h old`;
}

/** What holds an image back, a line each, and the two ways on. */
export function findingLines(findings: readonly BlockingFinding[], style: Style): readonly string[] {
  if (findings.length === 0) return [];
  const lines = findings.slice(0, toldFindings).map(({ kind, id, severity, title, where }) => {
    const name =
      kind === 'end-of-life' ? 'end of life:' : `${style.bad(id)} ${kind === 'secret' ? 'secret' : severity}`;
    return `  ${name} ${cleanLine(where)}${title === '' ? '' : style.dim(`  ${cleanLine(title)}`)}`;
  });
  const rest = findings.length - toldFindings;
  if (rest > 0) lines.push(`  and ${count(rest, 'more finding')}`);
  const isSecret = findings.some(({ kind }) => kind === 'secret');
  lines.push(
    isSecret
      ? `     ${style.accent('what to do')}: take the secret out of the layer that holds it, and out of use: deleting it in a later layer hides it from nobody`
      : `     ${style.accent('what to do')}: move the packages on (\`build lock --update\`), or except a finding for a time: \`exceptions\` under \`scan:\``,
  );
  return lines;
}
