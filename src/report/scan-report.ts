/** Scans of several images as text and as JSON: each finding once, where it came in, with the images that it reaches. Pure. */
import type { DatabaseState } from '../scan/database.ts';
import { describeFinding } from '../scan/describe-finding.ts';
import { identityOf, type Finding } from '../scan/finding.ts';
import { originsOf, type OriginatedFinding } from '../scan/origin.ts';
import type { JudgedScan, KnownFinding } from '../scan/policy.ts';
import { countBySeverity, describeCounts, type SeverityCounts } from '../scan/scan-record.ts';
import { databaseLine } from './scan-lines.ts';
import { fitLine, fitSigned } from './fit-line.ts';
import { signs, styleOf, type Style } from './style.ts';
import { cleanLine, count } from './text.ts';
import { wrapWords } from './wrap-words.ts';

export interface ScanFacts {
  readonly database: DatabaseState;
  readonly judged: readonly JudgedScan[];
}

/** What the policy says of a finding in the image that brought it in. */
export type FindingStatus = 'blocking' | 'overdue' | 'known' | 'excepted' | 'tolerated';

export interface TellingFinding extends OriginatedFinding {
  readonly status: FindingStatus;
  readonly since?: string;
  readonly deadline?: string;
  readonly exceptedUntil?: string;
}

/** `build scan --json`, version 1; docs/scanning.md tells its fields. */
export interface ScanDocument {
  readonly version: 1;
  readonly database: { readonly updatedAt: string; readonly ageHours: number };
  readonly images: readonly {
    readonly name: string;
    readonly reference?: string;
    readonly system?: string;
    readonly counts: SeverityCounts;
    readonly passed: boolean;
  }[];
  /** The worst first. */
  readonly findings: readonly TellingFinding[];
}

/** The documented JSON. */
export function scanDocument({ database, judged }: ScanFacts): ScanDocument {
  return {
    version: 1,
    database: { updatedAt: database.updatedAt.toISOString(), ageHours: database.ageHours },
    images: judged.map(({ name, reference, report, judgement }) => ({
      name,
      ...(reference === undefined ? {} : { reference }),
      ...(report.system === undefined ? {} : { system: report.system }),
      counts: countBySeverity(report.findings),
      passed: judgement.blocking.length === 0 && !judgement.known.some(({ overdue }) => overdue),
    })),
    findings: telling(judged),
  };
}

/** What the policy minds, finding by finding, then a line for each image. */
export function renderScans(
  facts: ScanFacts,
  { colour, width: screen = 0 }: { readonly colour: boolean; readonly width?: number },
): string {
  if (facts.judged.length === 0) return '';
  const style = styleOf(colour);
  const lines: string[] = [];
  for (const each of telling(facts.judged)) {
    if (each.status !== 'tolerated') lines.push(...findingBlock(each, style, screen));
  }
  if (lines.length > 0) lines.push('');
  const width = Math.max(0, ...facts.judged.map(({ name }) => name.length));
  for (const { name, report, judgement } of facts.judged) {
    const overdue = judgement.known.filter((known) => known.overdue).length;
    const held = judgement.blocking.length + overdue;
    const sign = held > 0 ? style.bad(signs.failed) : style.good(signs.done);
    const counts = describeCounts(countBySeverity(report.findings));
    const against = held > 0 ? `${held} against the policy` : '';
    const parts = [
      name.padEnd(width),
      counts,
      { text: against, paint: style.bad },
      { text: report.system ?? '', paint: style.dim },
    ];
    lines.push(...fitSigned(sign, parts, { width: screen, indent: 4 }));
  }
  lines.push(
    `${count(facts.judged.length, 'image')}; ${databaseLine({ ageHours: facts.database.ageHours, updatedAt: facts.database.updatedAt.toISOString() })}`,
  );
  return `${lines.join('\n')}\n`;
}

function findingBlock(each: TellingFinding, style: Style, width: number): readonly string[] {
  const { finding, origin, reaches, status } = each;
  const [word, paint] = {
    blocking: ['against the policy', style.bad] as const,
    overdue: [`overdue since ${each.deadline ?? ''}`, style.bad] as const,
    known: [`to be mended by ${each.deadline ?? ''}`, style.warn] as const,
    excepted: [`excepted until ${each.exceptedUntil ?? ''}`, style.dim] as const,
    tolerated: ['', style.dim] as const,
  }[status];
  const also = reaches.length === 0 ? '' : `; reaches ${reaches.join(', ')}`;
  const head = [
    {
      text: `${cleanLine(describeFinding(finding))}: ${word}`,
      paint: (line: string) => line.replace(word, paint(word)),
    },
    { text: cleanLine(finding.title), paint: style.dim },
  ];
  const [first = '', ...rest] = wrapWords(`${origin}${also}`, width === 0 ? 0 : width - cameIn.length);
  return [
    ...fitLine(head, { width, indent: 2 }),
    `${cameIn}${first.replace(origin, style.bold(origin))}`,
    ...rest.map((line) => `    ${line}`),
  ];
}

const cameIn = '  came in with ';

/** Every finding once, with what its origin's judgement says of it. */
function telling(judged: readonly JudgedScan[]): readonly TellingFinding[] {
  const images = judged.map(({ name, report }) => ({
    name,
    layers: report.layers,
    findings: report.findings,
  }));
  return originsOf(images).map((each) => {
    const judgement = judged.find(({ name }) => name === each.origin)?.judgement;
    const is = (finding: Finding): boolean => identityOf(finding) === identityOf(each.finding);
    const known = judgement?.known.find(({ finding }) => is(finding));
    if (known !== undefined) return { ...each, ...knownFacts(known) };
    const excepted = judgement?.excepted.find(({ finding }) => is(finding));
    if (excepted !== undefined)
      return { ...each, status: 'excepted' as const, exceptedUntil: excepted.exception.until };
    const isBlocking = judgement?.blocking.some(is) === true;
    return { ...each, status: isBlocking ? ('blocking' as const) : ('tolerated' as const) };
  });
}

function knownFacts({
  since,
  deadline,
  overdue,
}: KnownFinding): Pick<TellingFinding, 'status' | 'since' | 'deadline'> {
  return { status: overdue ? 'overdue' : 'known', since, deadline };
}
