/** Findings in plain words, the same wherever they are told. Pure. */
import type { Finding } from './finding.ts';
import type { KnownFinding } from './policy.ts';

/** What it is in: `in openssl 3.0, mended in 3.1`; of a secret the file. */
export function placeOfFinding({ kind, where, installed, fixed }: Finding): string {
  switch (kind) {
    case 'secret':
      return `in ${where}`;
    case 'end-of-life':
      return `${where} gets no fixes any more`;
    case 'hole':
      return `in ${where}${installed === '' ? '' : ` ${installed}`}${fixed === undefined ? ', no fix yet' : `, mended in ${fixed}`}`;
    default:
      return kind satisfies never;
  }
}

/** `CVE-2026-1234 (critical) in openssl 3.0, mended in 3.1`. */
export function describeFinding(finding: Finding): string {
  const { kind, id, severity } = finding;
  const place = placeOfFinding(finding);
  switch (kind) {
    case 'secret':
      return `secret ${id} ${place}`;
    case 'end-of-life':
      return place;
    case 'hole':
      return `${id} (${severity}) ${place}`;
    default:
      return kind satisfies never;
  }
}

/** The same, with since when it is published and until when it has to be mended. */
export function describeKnown({ finding, since, deadline, overdue }: KnownFinding): string {
  const until = overdue ? `was to be mended by ${deadline}` : `to be mended by ${deadline}`;
  return `${describeFinding(finding)}: published since ${since}, ${until}`;
}
