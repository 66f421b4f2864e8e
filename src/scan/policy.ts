/**
 * What findings mean: what holds an image back, what is told as a warning, what somebody has excepted. Pure.
 * An image is held back only by what is worse than what is published: else tonight's fix of nine holes would be
 * stopped by the tenth, and students would keep all ten.
 */
import { severities, type ScanSettings } from '../matrix/image-set.ts';
import type { ScanException } from './exceptions.ts';
import { identityOf, type Finding, type ScanReport } from './finding.ts';

/** What of the settings an image is judged by. */
export type ScanPolicy = Pick<ScanSettings, 'severity' | 'fixableOnly' | 'deadlineDays'>;

/** What the image that is published now has: identities, each with the day on which it was first seen there. */
export type PublishedFindings = ReadonlyMap<string, string>;

export interface Judgement {
  /** New, and against the policy: the image is held back. */
  readonly blocking: readonly Finding[];
  /** Against the policy, but published already. */
  readonly known: readonly KnownFinding[];
  readonly excepted: readonly ExceptedFinding[];
  /** Everything else: within the policy. */
  readonly tolerated: readonly Finding[];
}

export interface KnownFinding {
  readonly finding: Finding;
  /** Days are YYYY-MM-DD. */
  readonly since: string;
  readonly deadline: string;
  readonly overdue: boolean;
}

export interface ExceptedFinding {
  readonly finding: Finding;
  readonly exception: ScanException;
}

export interface JudgedImage {
  readonly name: string;
  readonly findings: readonly Finding[];
  readonly published: PublishedFindings;
}

/** Judges one image's findings on the day `today`. Exceptions that have ended are not to be among those given. */
export function judgeFindings(
  { name, findings, published }: JudgedImage,
  policy: ScanPolicy,
  exceptions: readonly ScanException[],
  today: string,
): Judgement {
  const blocking: Finding[] = [];
  const known: KnownFinding[] = [];
  const excepted: ExceptedFinding[] = [];
  const tolerated: Finding[] = [];
  for (const finding of findings) {
    const exception = exceptions.find((each) => covers(each, finding, name));
    const since = published.get(identityOf(finding));
    if (!offends(finding, policy)) tolerated.push(finding);
    else if (exception !== undefined) excepted.push({ finding, exception });
    else if (since === undefined) blocking.push(finding);
    else {
      const deadline = addDays(since, policy.deadlineDays);
      known.push({ finding, since, deadline, overdue: today > deadline });
    }
  }
  return { blocking, known, excepted, tolerated };
}

/** Whether the policy forbids it. A secret in a layer can never be taken back once it is published. */
function offends(finding: Finding, policy: ScanPolicy): boolean {
  if (finding.kind === 'secret') return true;
  if (severities.indexOf(finding.severity) < severities.indexOf(policy.severity)) return false;
  return !policy.fixableOnly || finding.fixed !== undefined;
}

function covers(exception: ScanException, finding: Finding, image: string): boolean {
  return (
    exception.id === finding.id &&
    (exception.where === undefined || exception.where === finding.where) &&
    (exception.images === undefined || exception.images.includes(image))
  );
}

function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** One image's scan, judged. */
export interface JudgedScan {
  readonly name: string;
  /** `repository@sha256:…` of what is published; undefined for an engine's image. */
  readonly reference: string | undefined;
  readonly report: ScanReport;
  readonly judgement: Judgement;
}
