/** What a night came to: lines for a terminal, and Markdown for a pull request. Pure. */
import type { Difference, PackageMove } from '../nightly/compare.ts';
import type { NightImage, NightSummary } from '../nightly/verdicts.ts';
import { signs, styleOf } from './style.ts';
import { cleanLine, count } from './text.ts';

/** Packages that are named of one image; a move of the whole system has hundreds. */
const shownPackages = 30;
/** Images that are named before a run. */
const shownNames = 6;

/** One line an image, what changed beneath it, and the sum. Ends with a newline. */
export function renderNight(summary: NightSummary, { colour }: { readonly colour: boolean }): string {
  const style = styleOf(colour);
  const lines = shownImages(summary).flatMap((image): string[] => {
    switch (image.state) {
      case 'same':
        return [];
      case 'would-try':
        return [
          `${signs.waiting} ${style.bold(image.name)}  ${style.dim(image.because.map(cleanLine).join('; '))}`,
        ];
      case 'held-back':
        return [`${style.bad(signs.failed)} ${style.bold(image.name)}  held back: ${cleanLine(image.why)}`];
      case 'changed':
        return [
          `${style.good(signs.done)} ${style.bold(image.name)}  ${style.dim(image.because.map(cleanLine).join('; '))}`,
          ...told(image.difference).map((line) => `    ${line}`),
        ];
      default:
        return image satisfies never;
    }
  });
  lines.push(...summary.notes.map((note) => style.dim(`${signs.remark} ${cleanLine(note)}`)), sumOf(summary));
  return `${lines.join('\n')}\n`;
}

/** What a run of the night is about, before it begins: `To be checked: base, lab`. */
export function renderPhase(doing: string, names: readonly string[]): string {
  const shown = names.slice(0, shownNames).join(', ');
  const more = names.length - shownNames;
  return `${doing}: ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The same as Markdown. Ends with a newline. */
export function nightMarkdown(summary: NightSummary): string {
  const images = shownImages(summary);
  const sum = summary.ended === undefined ? sumOf(summary) : escaped(sumOf(summary));
  const lines = [`## Images of ${summary.day}`, '', sum];
  const section = (title: string, entries: readonly string[]): void => {
    if (entries.length > 0) lines.push('', `### ${title}`, '', ...entries);
  };
  section(
    'Changed',
    images.flatMap((image) => (image.state === 'changed' ? [changedMarkdown(image)] : [])),
  );
  section(
    'Held back',
    images.flatMap((image) =>
      image.state === 'held-back' ? [`- **${image.name}**: ${escaped(image.why)}`] : [],
    ),
  );
  section(
    'Would be tried',
    images.flatMap((image) =>
      image.state === 'would-try' ? [`- **${image.name}**: ${escaped(image.because.join('; '))}`] : [],
    ),
  );
  const same = images.flatMap((image) => (image.state === 'same' ? [image] : []));
  section('Same', same.length === 0 ? [] : [same.map(({ name }) => `\`${name}\``).join(', ')]);
  section(
    'Locks',
    summary.moves.map((move) => `- ${escaped(move)}`),
  );
  section(
    'Notes',
    summary.notes.map((note) => `- ${escaped(note)}`),
  );
  return `${lines.join('\n')}\n`;
}

function changedMarkdown(image: Extract<NightImage, { state: 'changed' }>): string {
  const digests = image.to === undefined ? '' : ` \`${short(image.from)}\` → \`${short(image.to)}\``;
  const because = image.because.length === 0 ? '' : ` (${escaped(image.because.join('; '))})`;
  const packages = image.difference?.packages ?? [];
  const table =
    packages.length === 0
      ? []
      : [
          '',
          '  | package | from | to |',
          '  |---|---|---|',
          ...packages
            .slice(0, shownPackages)
            .map(
              ({ name, from, to }) =>
                `  | ${escaped(plainName(name))} | ${from ?? 'none'} | ${to ?? 'none'} |`,
            ),
          '',
        ];
  const rest = restOf(image.difference).map((line) => `  ${escaped(line)}`);
  return [`- **${image.name}**${digests}${because}`, ...table, ...rest].join('\n');
}

function told(difference: Difference | undefined): readonly string[] {
  const packages = (difference?.packages ?? []).slice(0, shownPackages).map(tellPackage);
  return [...packages, ...restOf(difference)];
}

/** What is no package, and packages beyond those that are named. */
function restOf(difference: Difference | undefined): readonly string[] {
  if (difference === undefined) return ['published for the first time'];
  const { packages, config, files } = difference;
  const more = packages.length - shownPackages;
  const examples = packages.length === 0 && files.count > 0 ? `: ${files.examples.join(', ')}` : '';
  return [
    ...(more > 0 ? [`and ${count(more, 'further package')}`] : []),
    ...(config.length > 0 ? [`configuration: ${config.join(', ')}`] : []),
    ...(files.count > 0 ? [`${count(files.count, 'file')}${examples}${moreFiles(files, examples)}`] : []),
  ];
}

function moreFiles({ count: all, examples }: Difference['files'], shown: string): string {
  return shown !== '' && all > examples.length ? ', …' : '';
}

function tellPackage({ name, from, to }: PackageMove): string {
  return cleanLine(`${plainName(name)} ${from ?? 'none'} → ${to ?? 'none'}`);
}

/** `curl (deb)` for `pkg:deb/curl?arch=amd64`: the rest is the same all over an image. */
function plainName(name: string): string {
  const match = /^pkg:(?<type>[^/]+)\/(?<name>[^?]+)/.exec(name)?.groups;
  return match === undefined ? name : `${match['name']} (${match['type']})`;
}

function sumOf(summary: NightSummary): string {
  const { day, frozenUntil, dryRun, ended, images } = summary;
  if (ended !== undefined)
    return `${day}: the night ended before its time: ${ended.map(cleanLine).join('; ')}.`;
  if (frozenUntil !== undefined && dryRun === undefined)
    return `Frozen until ${frozenUntil}: nothing was asked, built or moved.`;
  const number = (state: NightImage['state']): number =>
    images.filter((image) => image.state === state).length;
  const thrownAway = images.filter((image) => image.state === 'same' && image.thrownAway).length;
  const same = `${number('same')} the same${thrownAway > 0 ? ` (${thrownAway} built and thrown away)` : ''}`;
  if (dryRun !== undefined) {
    const frozen = frozenUntil === undefined ? '' : `; frozen until ${frozenUntil}, so none is`;
    return `${day}: ${count(number('would-try'), 'image')} would be tried, and what stands on them where they change; nothing to do for ${number('same')}${frozen}.`;
  }
  return `${day}: ${number('changed')} changed, ${same}, ${number('held-back')} held back.`;
}

/** Held back first, then what changed. */
function shownImages({ images }: NightSummary): readonly NightImage[] {
  const order: readonly NightImage['state'][] = ['held-back', 'changed', 'would-try', 'same'];
  return order.flatMap((state) => images.filter((image) => image.state === state));
}

function short(digest: string | undefined): string {
  return digest === undefined ? 'none' : digest.slice(0, 19);
}

/** Text from builds and indexes must not become Markdown of ours. */
function escaped(text: string): string {
  return cleanLine(text).replaceAll(/[\\`*_[\]<>|]/g, String.raw`\$&`);
}
