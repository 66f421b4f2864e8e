/** A verdict for programs: the documented JSON (docs/smoke-json.md) and JUnit's XML. Pure. */
import { refuses, type ClauseResult, type Verdict } from '../smoke/verdict.ts';

/** One image, where it came from, and what was found. */
export interface Judged {
  readonly verdict: Verdict;
  /** The registry's digest; undefined where the image is known to this engine alone. */
  readonly digest: string | undefined;
}

/** An image of which nothing can be said, as the engine failed. */
export interface Unjudged {
  readonly image: string;
  readonly error: string;
}

/** One line of JSON, with a newline. */
export function smokeLine(judged: Judged | Unjudged): string {
  return `${JSON.stringify('verdict' in judged ? documentOf(judged) : { version: 1, image: judged.image, verdict: 'error', error: judged.error })}\n`;
}

function documentOf({ verdict, digest }: Judged): object {
  const { image, imageId, profile, tier, contract, passed, clauses, versions, logTail, durationMs } = verdict;
  return {
    version: 1,
    image,
    imageId,
    digest: digest ?? null,
    profile,
    tier,
    contract,
    verdict: passed ? 'pass' : 'fail',
    clauses: clauses.map(({ durationMs: took, ...clause }) => ({ ...clause, durationMs: Math.round(took) })),
    versions: versions ?? null,
    logTail,
    durationMs: Math.round(durationMs),
  };
}

/** All verdicts as JUnit's XML, a suite an image, a case a clause: what Jenkins, GitLab and GitHub's actions show. */
export function junitDocument(results: readonly (Judged | Unjudged)[]): string {
  const suites = results.map((result) =>
    'verdict' in result ? suiteOf(result.verdict) : brokenSuite(result),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join('\n')}\n</testsuites>\n`;
}

function suiteOf({ image, clauses, durationMs, logTail }: Verdict): string {
  const failures = clauses.filter(refuses).length;
  const skipped = clauses.filter(({ result }) => result === 'waived' || result.startsWith('not-')).length;
  const name = attribute(image);
  const cases = clauses.map((clause) => caseOf(image, clause));
  const log = logTail.length === 0 ? [] : [`    <system-out>${content(logTail.join('\n'))}</system-out>`];
  return [
    `  <testsuite name="${name}" tests="${clauses.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${inSeconds(durationMs)}">`,
    ...cases,
    ...log,
    '  </testsuite>',
  ].join('\n');
}

function caseOf(image: string, clause: ClauseResult): string {
  const { id, title, durationMs, evidence, hint, waiver, result } = clause;
  const open = `    <testcase classname="${attribute(image)}" name="${attribute(`${id} ${title}`)}" time="${inSeconds(durationMs)}"`;
  const words = [...evidence, ...(hint === undefined ? [] : [`likely cause: ${hint}`])].join('\n');
  if (refuses(clause))
    return `${open}><failure message="${attribute(hint ?? title)}">${content(words)}</failure></testcase>`;
  if (waiver !== undefined) {
    const message = `waived until ${waiver.until}: ${waiver.reason}`;
    return `${open}><skipped message="${attribute(message)}"/><system-out>${content(words)}</system-out></testcase>`;
  }
  if (result === 'not-run' || result === 'not-applicable')
    return `${open}><skipped message="${attribute(`${result}: ${evidence[0] ?? ''}`)}"/></testcase>`;
  return result === 'fail'
    ? `${open}><system-out>${content(`remark: ${words}`)}</system-out></testcase>`
    : `${open}/>`;
}

/** JUnit knows an error beside a failure: the test could not be made. */
function brokenSuite({ image, error }: Unjudged): string {
  const name = attribute(image);
  return [
    `  <testsuite name="${name}" tests="1" failures="0" errors="1" skipped="0" time="0">`,
    `    <testcase classname="${name}" name="could be judged"><error message="${attribute(error)}"/></testcase>`,
    '  </testsuite>',
  ].join('\n');
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attribute(text: string): string {
  return content(text)
    .replaceAll('"', '&quot;')
    .replaceAll(/[\n\t]/g, ' ');
}

/** XML 1.0 cannot hold most control characters, not even escaped. */
function content(text: string): string {
  return text
    .replaceAll(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
