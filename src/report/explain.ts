/** Why an image would be rebuilt, and what a changed file would rebuild, told to people. Pure. */
import cliTruncate from 'cli-truncate';
import { tellPinMoves, type PinMove } from '../core/python-pins.ts';
import { mostPackages } from '../key/reason-words.ts';
import type { Reason } from '../key/reasons.ts';
import { shortKey } from '../matrix/naming.ts';
import type { ChainLink, Explanation } from '../plan/explanation.ts';
import type { FileUse, TouchedImages } from '../plan/if-changed.ts';
import type { KeptVerdict } from '../run/schema-verdict.ts';
import { mainVersions } from '../smoke/main-versions.ts';
import type { ClauseResult } from '../smoke/verdict.ts';
import { styleOf, type Style } from './style.ts';
import { cleanLine, count, formatDuration } from './text.ts';

export interface ExplainOptions {
  readonly colour: boolean;
  /** Values and lists keep to it; 0: nothing is cut. */
  readonly width: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Reasons of one image that are told; more are many files of one folder. */
const mostReasons = 8;
/** Packages of a list that one line tells, and lines. */
const packagesInLine = 4;
const packageLines = 10;
/** A pipe has no width, but a list in one line is nothing to read. */
const pipeWidth = 100;

/** The story of one image, from what would be done to the first cause. Ends with a newline. */
export function renderExplanation(
  explanation: Explanation & { readonly lastTest?: KeptVerdict },
  options: ExplainOptions,
): string {
  const style = styleOf(options.colour);
  const { image, chain, ancestors, roots, descendants } = explanation;
  const wasJudged =
    explanation.lastTest?.verdict.passed === true && explanation.lastTest.key === explanation.key;
  const why = chain.flatMap((link) => linkLines(link, wasJudged, options, style));
  const rows: readonly (readonly [string, string])[] = [
    ['key', explanation.key],
    ...(chain[0]?.previousKey === undefined ? [] : [['before', chain[0].previousKey] as const]),
    ['stands on', ancestors.join(', ') || 'no other image'],
    [
      'from outside',
      roots.map(({ root, identity }) => `${root} (${short(identity)})`).join(', ') || 'nothing',
    ],
    ['stands on it', descendants.join(', ') || 'nothing'],
    ['last build', lastBuild(explanation, options.now)],
    ...testRows(explanation, options.now),
  ];
  const facts = rows.flatMap(([label, text]) =>
    wrap(text, options.width).map(
      (line, index) => `  ${style.dim((index === 0 ? label : '').padEnd(14))}${line}`,
    ),
  );
  return `${[`${style.bold(image)} ${headline(explanation)}`, '', ...why, ...(why.length > 0 ? [''] : []), ...facts].join('\n')}\n`;
}

function headline({ action, chain }: Explanation): string {
  const kind = chain[0]?.reasons[0]?.kind;
  switch (action) {
    case 'build':
      return kind === 'never-built' || kind === 'built-elsewhere'
        ? 'would be built for the first time.'
        : 'would be built again.';
    case 'verify':
      return 'would be checked again.';
    case 'publish':
      return 'would be published.';
    case 'reuse':
      return 'is up to date: nothing that it is made of has changed since it passed.';
    case 'blocked':
      return 'would be blocked.';
    default:
      return action satisfies never;
  }
}

function linkLines(
  link: ChainLink,
  wasJudged: boolean,
  options: ExplainOptions,
  style: Style,
): readonly string[] {
  const shown = link.reasons.slice(0, mostReasons);
  const lines = shown.flatMap((reason) => [
    ...reasonLines(link.image, ownWords(reason, wasJudged), options.width, style),
    ...valueLines(reason, options, style),
  ]);
  const others = link.reasons.length - shown.length;
  if (others > 0)
    lines.push(`  ${style.accent(link.image)}: and ${count(others, 'more reason')}; \`--json\` tells all`);
  if (shown.length === 0 && link.previousKey !== undefined)
    lines.push(`  ${style.accent(link.image)}: changed, but nobody kept what it was made from`);
  return lines;
}

/** A reason behind its image's name; on a terminal the rest of a long one stands below. */
function reasonLines(image: string, words: string, width: number, style: Style): readonly string[] {
  const whole = `${image}: ${words}`;
  const [first = '', ...rest] = width === 0 ? [cleanLine(whole)] : wrap(whole, width, 4);
  return [`  ${style.accent(image)}${first.slice(image.length)}`, ...rest.map((line) => `    ${line}`)];
}

/** A reason where there is room for more words than in a plan. A parent's own follow under its own name. */
function ownWords(reason: ChainLink['reasons'][number], wasJudged: boolean): string {
  switch (reason.kind) {
    case 'parent-changed':
      return `${reason.image} changed, and it stands on that`;
    case 'epoch-moved':
      return `the day of its system packages (its ${reason.text.replace(/^epoch/, 'epoch in matrix.lock')})`;
    case 'not-verified':
      return wasJudged
        ? 'passed, but by other terms than today’s: contract, kind, check, maxSize, resources or waivers'
        : reason.text;
    default:
      return reason.text;
  }
}

/** What was and what is, where the words do not say it. */
function valueLines(reason: Reason, { width }: ExplainOptions, style: Style): readonly string[] {
  const values = valuesOf(reason);
  return values.map(([label, value]) => {
    const line = `      ${label} ${cleanLine(value)}`;
    return style.dim(width > 0 ? cliTruncate(line, width) : line);
  });
}

function valuesOf(reason: Reason): readonly (readonly [string, string])[] {
  if (reason.kind === 'dockerfile-changed') {
    const [then, now] = [reason.from?.split('\n'), reason.to?.split('\n')];
    // Of an instruction with many lines, the first that differs tells what was done.
    const most = Math.max(then?.length ?? 0, now?.length ?? 0);
    const lines = Array.from({ length: most }, (_, index) => index);
    const first =
      then === undefined || now === undefined ? 0 : (lines.find((at) => then[at] !== now[at]) ?? 0);
    return [
      ...(then === undefined ? [] : [['was', then[first] ?? '(nothing)'] as const]),
      ...(now === undefined ? [] : [['now', now[first] ?? '(nothing)'] as const]),
    ];
  }
  if (reason.kind !== 'file-changed' || reason.from === undefined || reason.to === undefined) return [];
  // Of a few packages the words say it all.
  if (reason.packages !== undefined && reason.packages.length > 0)
    return reason.packages.length <= mostPackages ? [] : packageRows(reason.packages);
  return [
    ['was', short(reason.from)],
    ['now', short(reason.to)],
  ];
}

function packageRows(packages: readonly PinMove[]): readonly (readonly [string, string])[] {
  const starts = Array.from({ length: Math.ceil(packages.length / packagesInLine) }, (_, index) => index);
  const rows = starts.slice(0, packageLines).map((row) => {
    const some = packages.slice(row * packagesInLine, (row + 1) * packagesInLine);
    return ['   ', tellPinMoves(some, packagesInLine)] as const;
  });
  const others = packages.length - packageLines * packagesInLine;
  return others > 0 ? [...rows, ['   ', `and ${others} more; \`--json\` tells all`]] : rows;
}

function lastBuild({ lastBuild: build, madeAt, key }: Explanation, now: number): string {
  if (build === undefined)
    return madeAt === undefined
      ? 'not on this machine, as far as it remembers'
      : `${moment(madeAt, now)}, as the engine tells`;
  const took = build.durationMs > 0 ? `, in ${formatDuration(build.durationMs)}` : ', all from the cache';
  const which = build.key === key ? '' : `, under the key ${shortKey(build.key)}`;
  return `${moment(build.at, now)}${took}${which}`;
}

/** What its last test found, and what was seen inside. */
function testRows(
  { lastTest, key }: { readonly lastTest?: KeptVerdict; readonly key: string },
  now: number,
): readonly (readonly [string, string])[] {
  if (lastTest === undefined) return [];
  const { verdict, judgedAt } = lastTest;
  const which = lastTest.key === key ? '' : `, under the key ${shortKey(lastTest.key)}`;
  const terms = `contract ${verdict.contract}, ${verdict.profile}, ${verdict.tier}`;
  const of = (wanted: ClauseResult['result']): string =>
    verdict.clauses
      .filter(({ result }) => result === wanted)
      .map(({ id, severity }) => (wanted === 'fail' && severity !== 'must' ? `${id} (a remark)` : id))
      .join(', ');
  const inside = Object.entries(mainVersions(verdict)).map(([name, version]) => `${name} ${version}`);
  const rows: readonly (readonly [string, string])[] = [
    ['last test', `${verdict.passed ? 'passed' : 'failed'} ${moment(judgedAt, now)}; ${terms}${which}`],
    ['  not so', of('fail')],
    ['  waived', of('waived')],
    ['  not run', of('not-run')],
    ['inside', inside.join(', ')],
  ];
  return rows.filter(([, text]) => text !== '');
}

function moment(at: number, now: number): string {
  const minute = new Date(at).toISOString().replace('T', ' ').slice(0, 16);
  return `${minute} UTC (${age(now - at)})`;
}

function age(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${count(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${count(hours, 'hour')} ago` : `${count(Math.floor(hours / 24), 'day')} ago`;
}

const uses: Readonly<Record<FileUse, string>> = {
  context: 'is in the build context of',
  dockerfile: 'is the Dockerfile (comments in it change nothing) of',
  'ignore-file': 'says what belongs to the build context of',
  lock: 'holds a digest, a commit or a day of',
};

/**
 * What a change of each file would rebuild; `asked` are the images that a person wants to know of, all of the
 * family's where there are none. Ends with a newline.
 */
export function renderIfChanged(
  touched: readonly TouchedImages[],
  asked: readonly string[],
  familySize: number,
  options: ExplainOptions,
): string {
  const style = styleOf(options.colour);
  return touched
    .map((file) => touchedLines(file, asked, familySize, options, style).join('\n'))
    .join('\n\n')
    .concat('\n');
}

function touchedLines(
  file: TouchedImages,
  asked: readonly string[],
  familySize: number,
  options: ExplainOptions,
  style: Style,
): readonly string[] {
  const name = style.bold(cleanLine(file.path));
  const isNew = file.isThere === false;
  const path = isNew ? 'As a new file it' : name;
  const told = toldOf(file, path, asked, familySize, options, style);
  return isNew ? [`${name} does not exist.`, ...told] : told;
}

function toldOf(
  file: TouchedImages,
  path: string,
  asked: readonly string[],
  familySize: number,
  options: ExplainOptions,
  style: Style,
): readonly string[] {
  if (file.kind === 'definition' && file.readers.length === 0)
    return [`${path} may say which images there are: what a change rebuilds, \`build plan\` tells after it.`];
  if (file.readers.length === 0) return [`${path} is part of no image: nothing would be rebuilt.`];
  const kinds = [...new Set(file.readers.map(({ use }) => use))];
  const lines = kinds.flatMap((use) => {
    const readers = file.readers.filter((reader) => reader.use === use).map(({ image }) => image);
    return wrap(`${path} ${uses[use]} ${readers.join(', ')}.`, options.width, 0);
  });
  const rebuilt = new Set(file.rebuilt);
  if (asked.length > 0) {
    const told = asked.map(
      (name) => `${style.bold(name)} would ${rebuilt.has(name) ? '' : 'not '}be rebuilt.`,
    );
    return [...lines, ...told];
  }
  const perhaps = kinds.every((use) => use === 'lock')
    ? 'could rebuild, where its entry moves,'
    : 'would rebuild';
  lines.push(`A change ${perhaps} ${file.rebuilt.length} of ${count(familySize, 'image')}:`);
  return [
    ...lines,
    ...wrap(file.rebuilt.join(', '), options.width, 2).map((line) => `  ${style.accent(line)}`),
  ];
}

/** Breaks a list at its blanks, so that it fits beside so many columns: a label's, unless told. */
function wrap(text: string, width: number, beside = 16): readonly string[] {
  const most = Math.max(20, (width || pipeWidth) - beside);
  const lines: string[] = [];
  let line = '';
  for (const word of cleanLine(text).split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function short(identity: string): string {
  return identity.replace(/([0-9a-f]{12})[0-9a-f]{52}$/, '$1');
}
