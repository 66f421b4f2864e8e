/**
 * The text of a first matrix.yaml for images that exist already, with the reasons of every guess as comments. Pure.
 */
import type { Guess } from './guess-kind.ts';
import { patternOf, type Published } from './link-images.ts';

/** An image as it will stand in the file. */
export interface MatrixEntry {
  readonly name: string;
  readonly context: string;
  /** Path of the Dockerfile. */
  readonly dockerfile: string;
  readonly guess: Guess;
  readonly provides: readonly string[];
  /** Arguments that were made up. */
  readonly args: Readonly<Record<string, string>>;
  /** What it copies and its context lacks. */
  readonly missing: readonly string[];
  /** Arguments without a value. */
  readonly open: readonly string[];
  /** Stages that may be images too. */
  readonly spare: readonly string[];
}

/** A Dockerfile that could not be taken over, and why. */
export interface LeftOut {
  readonly name: string;
  readonly dockerfile: string;
  readonly reasons: readonly string[];
}

export interface MatrixContent {
  /** The folder that was read, as the user named it. */
  readonly from: string;
  /** How the family was published before, if that is known. */
  readonly published: Published | undefined;
  /** Whether all images share one repository. */
  readonly shared: boolean;
  /** References from outside. */
  readonly roots: readonly string[];
  readonly entries: readonly MatrixEntry[];
  readonly leftOut: readonly LeftOut[];
  readonly remarks: readonly string[];
}

export interface MatrixText {
  readonly text: string;
  /** The image that each line is about, by the line's number less one. */
  readonly owners: readonly (string | undefined)[];
}

/** The whole file. Every name and value is quoted where YAML needs it. */
export function writeMatrix(content: MatrixContent): MatrixText {
  const lines: { readonly text: string; readonly owner?: string }[] = [];
  const add = (...texts: readonly string[]): void => void lines.push(...texts.map((text) => ({ text })));
  const { from, published, shared, roots, entries, leftOut, remarks } = content;
  add(
    `# Written by \`build init --from ${oneLine(from)}\`; no Dockerfile was edited. Yours from here on.`,
    '# Who starts from whom stands in the Dockerfiles alone. Look at each `kind`: it is guessed, and chooses the test.',
    '',
    ...(published === undefined ? [] : [`# So far the images are called ${patternOf(published)}.`]),
    'registry: ${DOCKER_REGISTRY:-}  # where to publish; empty: nowhere, the images stay in the engine',
    ...(shared ? ['naming: single-repository  # registry:NAME-TAG'] : []),
    'tags: ["${IMG_VERSION:-latest}", "{date}-{key}"]',
  );
  if (roots.length > 0)
    add('', 'roots:  # images from outside that ours start from; `build lock` pins their digests');
  for (const [name, reference] of rootNames(roots)) add(`  ${quoted(name)}: ${rootValue(reference)}`);
  add('');
  for (const remark of remarks) add(`# ${oneLine(remark)}`);
  add('images:');
  for (const entry of entries) {
    lines.push(...entryLines(entry).map((text) => ({ text, owner: entry.name })));
  }
  for (const { name, dockerfile, reasons } of leftOut) {
    add('', `  # ${name} is left out: ${oneLine(dockerfile)} could not be taken over.`);
    add(...reasons.map((reason) => `  #   ${oneLine(reason)}`));
  }
  return {
    text: `${lines.map(({ text }) => text).join('\n')}\n`,
    owners: lines.map(({ owner }) => owner),
  };
}

function entryLines({
  name,
  context,
  dockerfile,
  guess,
  provides,
  args,
  missing,
  open,
  spare,
}: MatrixEntry): readonly string[] {
  const usual = context === '.' ? 'Dockerfile' : `${context}/Dockerfile`;
  const file = dockerfile === usual ? '' : ` dockerfile: ${quoted(dockerfile)},`;
  return [
    `  ${quoted(name)}:`,
    `    context: ${quoted(context)}`,
    ...missing.map((each) => `    # not found there: ${oneLine(each)}`),
    ...(dockerfile === usual ? [] : [`    dockerfile: ${quoted(dockerfile)}`]),
    `    kind: ${guess.kind}  # guessed: ${oneLine(guess.why)}${
      guess.kind === 'custom' ? '; write another kind, or `check: COMMAND`' : ''
    }`,
    ...(provides.length === 0
      ? []
      : [`    provides: [${provides.map((each) => JSON.stringify(each)).join(', ')}]`]),
    ...(Object.keys(args).length === 0
      ? []
      : [
          '    args:  # made up, where the Dockerfile has no default: they only complete the names in its FROM lines',
          ...Object.entries(args).map(([argument, value]) => `      ${quoted(argument)}: ${quoted(value)}`),
        ]),
    ...(open.length === 0
      ? []
      : [
          `    # no default: ${oneLine(open.join(', '))}; what the build was given as --build-arg belongs into \`args:\``,
        ]),
    ...(spare.length === 0
      ? []
      : [
          '    # Stages that nothing in it uses are not built; each may be an image of its own:',
          ...spare.map((stage) => {
            const own = `${name}-${stage.replace(/[^a-z0-9]+/g, '-')}`;
            const entry = `{ context: ${quoted(context)},${file} kind: ${guess.kind}, target: ${quoted(stage)} }`;
            return `    #   ${oneLine(`${own}: ${entry}`)}`;
          }),
        ]),
  ];
}

/** A name for each root: the last word of its reference, with its tag where two would share it, then a number. */
function rootNames(references: readonly string[]): readonly (readonly [string, string])[] {
  const words = references.map((reference) => {
    const name = reference.replace(/@.*$/, '').replace(/^.*\//, '');
    return { reference, short: name.replace(/:.*$/, ''), long: name.replaceAll(':', '-') };
  });
  const taken = new Set<string>();
  return words.map(({ reference, short, long }) => {
    const isAlone = words.filter((each) => each.short === short).length === 1;
    let name = isAlone ? short : long;
    for (let number = 2; taken.has(name); number += 1) name = `${long}-${number}`;
    taken.add(name);
    return [name, reference] as const;
  });
}

function rootValue(reference: string): string {
  const suite = /^debian:(?!latest)([a-z]+)(?:-slim)?$/.exec(reference)?.[1];
  const bootstrap = suite === undefined ? '' : `, bootstrap: { debian: ${suite} }`;
  return `{ from: ${JSON.stringify(reference)}${bootstrap} }`;
}

/** A scalar, plain where that is text to every reader. */
function quoted(text: string): string {
  const isPlain = /^[A-Za-z_][\w./-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** What a user's file holds may not end a comment. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
