/** A verdict as people read it: a line each clause, and under what failed what was seen and what it means. Pure. */
import type { ClauseText } from '../smoke/contract/clause.ts';
import { refuses, type ClauseResult, type Profile, type Tier, type Verdict } from '../smoke/verdict.ts';
import { signs, styleOf, type Style } from './style.ts';
import { cleanLine, count, formatDuration, lastLines } from './text.ts';
import { wrapWords } from './wrap-words.ts';

export interface SmokeReportOptions {
  readonly colour: boolean;
  /** 0: a pipe, nothing is broken. */
  readonly width: number;
}

/** What is said of an image before it is started. */
export interface Announcement {
  readonly image: string;
  readonly profile: Profile;
  /** Why it is held to this profile; undefined where it was said. */
  readonly because: string | undefined;
  readonly tier: Tier;
  readonly memory: number;
  readonly cpu: number;
}

/** Columns before a clause's words: sign, id. */
const indent = 9;
/** What a line of evidence is set behind. */
const bar = '│ ';
/** Characters of the reason why a clause was not run. */
const mostOfReason = 100;

/** What an image will be held to, in a line before its test begins. */
export function renderAnnouncement(announcement: Announcement, options: SmokeReportOptions): string {
  const { image, profile, because, tier, memory, cpu } = announcement;
  const style = styleOf(options.colour);
  if (profile === 'none') return `${style.bold(cleanLine(image))}\n`;
  const guessed = because === undefined ? '' : ` (${cleanLine(because)}; \`--profile\` says otherwise)`;
  const terms = `with ${inGibibytes(memory)} of memory and ${count(cpu, 'processor')}`;
  const text = `judged as \`${profile}\`${guessed}, ${tier === 'deep' ? 'gate and deep' : 'gate'} tier, ${terms}`;
  const facts = wrapWords(text, room(options, 2)).map((line) => `  ${style.dim(line)}`);
  return `${[style.bold(cleanLine(image)), ...facts].join('\n')}\n`;
}

/** One clause. `text` is what the contract says of it. Ends with a newline. */
export function renderClause(
  result: ClauseResult,
  text: ClauseText | undefined,
  options: SmokeReportOptions,
): string {
  const style = styleOf(options.colour);
  const { sign, paint } = look(result, style);
  const head = `  ${paint(sign)} ${paint(result.id.padEnd(indent - 5))} `;
  const lines = [...titleLines(result, style, options), ...below(result, text, style, options)];
  return lines
    .map((line, at) => `${at === 0 ? head : ' '.repeat(indent)}${line}`.trimEnd())
    .join('\n')
    .concat('\n');
}

/** What it comes to. `asked`: ids of clauses that alone were asked for. Ends with a newline. */
export function renderVerdict(
  verdict: Verdict,
  asked: readonly string[] | undefined,
  options: SmokeReportOptions,
): string {
  const style = styleOf(options.colour);
  const tail = verdict.logTail.flatMap((line) =>
    wrapWords(cleanLine(line), room(options, 2 + bar.length)).map((part) => `  ${style.dim(bar + part)}`),
  );
  const words =
    tail.length === 0
      ? []
      : [style.dim(`  ${lastLines(verdict.logTail.length)} that it printed:`), ...tail, ''];
  const seen = seenInside(verdict, options).map((line) => `  ${style.dim(line)}`);
  return `${[...words, ...conclusion(verdict, asked, style, options), ...seen].join('\n')}\n`;
}

/** After several images: what became of each. Ends with a newline. */
export function renderVerdicts(verdicts: readonly Verdict[], options: SmokeReportOptions): string {
  const style = styleOf(options.colour);
  const refused = verdicts.filter(({ passed }) => !passed);
  const lines = refused.map(
    ({ image, clauses }) => `  ${style.bad(signs.failed)} ${cleanLine(image)}: ${whatRefuses(clauses)}`,
  );
  const fine = verdicts.length - refused.length;
  const head =
    refused.length === 0
      ? style.good(`${count(verdicts.length, 'image')}, all can be used`)
      : style.bad(`${count(verdicts.length, 'image')}: ${fine} can be used, ${refused.length} cannot`);
  return `${[style.bold(head), ...lines].join('\n')}\n`;
}

function look(
  { result, severity }: ClauseResult,
  style: Style,
): { sign: string; paint: (text: string) => string } {
  switch (result) {
    case 'pass':
      return { sign: signs.done, paint: style.good };
    case 'fail':
      return severity === 'must'
        ? { sign: signs.failed, paint: style.bad }
        : { sign: signs.remark, paint: style.warn };
    case 'waived':
      return { sign: signs.waived, paint: style.warn };
    case 'not-run':
      return { sign: signs.blocked, paint: style.dim };
    case 'not-applicable':
      return { sign: signs.reused, paint: style.dim };
    default:
      return result satisfies never;
  }
}

/** Backticks are for documents; on a terminal they stay, as names are easier to tell from words with them. */
function titleLines(
  { title, result, severity, waiver, evidence }: ClauseResult,
  style: Style,
  options: SmokeReportOptions,
): readonly string[] {
  const lines = (text: string): readonly string[] => wrapWords(cleanLine(text), room(options, indent));
  const reason = shortened(evidence[0] ?? 'no reason is known');
  switch (result) {
    case 'pass':
      return lines(title);
    case 'fail':
      return severity === 'must'
        ? lines(`FAILED: ${title}`).map(style.bold)
        : lines(`remark, this is not so: ${title}`);
    case 'waived':
      return lines(`waived until ${waiver?.until ?? 'further notice'}: ${title}`);
    case 'not-run':
      return lines(`${title} (not run: ${reason})`).map(style.dim);
    case 'not-applicable':
      return lines(`${title} (does not apply: ${reason})`).map(style.dim);
    default:
      return result satisfies never;
  }
}

function below(
  { result, severity, evidence, hint, waiver }: ClauseResult,
  text: ClauseText | undefined,
  style: Style,
  options: SmokeReportOptions,
): readonly string[] {
  if (result !== 'fail' && result !== 'waived') return [];
  const wide = room(options, indent);
  const seen = evidence.flatMap((line) =>
    wrapWords(cleanLine(line), wide === 0 ? 0 : wide - bar.length).map((part) => `${style.dim(bar)}${part}`),
  );
  const said = (label: string, words: string): readonly string[] =>
    wrapWords(`${label}: ${cleanLine(words)}`, wide).map((line, at) =>
      at === 0 ? line.replace(label, style.accent(label)) : line,
    );
  return [
    ...seen,
    ...(waiver === undefined ? [] : said('waived because', waiver.reason)),
    ...(hint === undefined ? [] : said('likely cause', hint)),
    ...(text === undefined || severity !== 'must' ? [] : said('why it matters', text.why)),
  ];
}

function conclusion(
  { passed, clauses, profile, contract, tier, durationMs }: Verdict,
  asked: readonly string[] | undefined,
  style: Style,
  options: SmokeReportOptions,
): readonly string[] {
  if (profile === 'none')
    return [style.dim('  nothing is started of an image that only serves other builds')];
  const refusals = failed(clauses);
  const number = (wanted: ClauseResult['result']): number =>
    clauses.filter(({ result }) => result === wanted).length;
  const remarks = number('fail') - refusals.length;
  const notRun = number('not-run');
  const waived = number('waived');
  const part = asked === undefined ? '' : `, as far as ${asked.join(' and ')} tells`;
  const open = !passed && refusals.length === 0;
  const refused = open
    ? `not judged: ${(asked ?? []).filter((id) => unjudged(clauses).includes(id)).join(', ')} was not run`
    : `cannot be used: ${refusals.join(', ')} failed`;
  const plain = passed ? `can be used${part}` : refused;
  const head = passed ? style.good(`${signs.done} ${plain}`) : style.bad(`${signs.failed} ${plain}`);
  const counts = [
    `${number('pass')} of ${clauses.length - number('not-applicable')} clauses hold`,
    ...(remarks > 0 ? [style.warn(count(remarks, 'remark'))] : []),
    ...(waived > 0 ? [style.warn(`${waived} waived`)] : []),
    ...(notRun > 0 ? [`${notRun} not run`] : []),
    `${formatDuration(durationMs)}, contract ${contract} ${tier}`,
  ].join(', ');
  const oneLine = `${style.bold(head)}  ${counts}`;
  const fits = options.width === 0 || plain.length + counts.length + 6 <= options.width;
  const causeLines = open
    ? ['  without `--clause` all clauses are judged, and what is wrong is told']
    : causes(clauses, options);
  return [...(fits ? [oneLine] : [style.bold(head), `  ${counts}`]), ...causeLines];
}

/** What refuses the image once more in a few words: by now the clause itself may have left the screen. */
function causes(clauses: readonly ClauseResult[], options: SmokeReportOptions): readonly string[] {
  return clauses.filter(refuses).flatMap(({ id, title, hint }) => {
    const words = wrapWords(`${id}: ${cleanLine(hint ?? `not so: ${title}`)}`, room(options, 4));
    return words.map((line, at) => `${' '.repeat(at === 0 ? 2 : 4)}${line}`);
  });
}

function seenInside({ versions }: Verdict, options: SmokeReportOptions): readonly string[] {
  if (versions === undefined) return [];
  const { python, packages } = versions;
  const named = ['jupyterhub', 'jupyterlab', 'notebook', 'torch'].flatMap((name) =>
    packages[name] === undefined ? [] : [`${name} ${packages[name]}`],
  );
  const parts = [
    ...(python === undefined ? [] : [`Python ${python}`]),
    ...named,
    count(Object.keys(packages).length, 'Python package'),
  ];
  return wrapWords(`inside: ${parts.join(', ')}`, room(options, 2));
}

function failed(clauses: readonly ClauseResult[]): readonly string[] {
  return clauses.filter(refuses).map(({ id }) => id);
}

function unjudged(clauses: readonly ClauseResult[]): readonly string[] {
  return clauses.filter(({ result }) => result === 'not-run').map(({ id }) => id);
}

function whatRefuses(clauses: readonly ClauseResult[]): string {
  const refusals = failed(clauses);
  return refusals.length > 0 ? refusals.join(', ') : `${unjudged(clauses).join(', ')} not run`;
}

/** A reason that quotes a page has said enough after a line. */
function shortened(reason: string): string {
  return reason.length <= mostOfReason ? reason : `${reason.slice(0, mostOfReason)}…`;
}

/** As Kubernetes counts memory: `1 GiB`, `0.5 GiB`. */
function inGibibytes(bytes: number): string {
  return `${Number((bytes / 1024 ** 3).toFixed(2))} GiB`;
}

function room({ width }: SmokeReportOptions, before: number): number {
  return width === 0 ? 0 : Math.max(20, width - before);
}
