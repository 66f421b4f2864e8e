/**
 * The text of a first matrix.yaml for images that exist already, with the reasons of every guess as comments. Pure.
 */
import { asTemplate, type BuildRecipe, type BuildWay } from './build-recipe.ts';
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
  /** How it was built until now. */
  readonly recipe: BuildRecipe;
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
  const names = new Set(entries.map(({ name }) => name));
  for (const entry of entries) {
    lines.push(...entryLines(entry, names).map((text) => ({ text, owner: entry.name })));
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

function entryLines(entry: MatrixEntry, names: ReadonlySet<string>): readonly string[] {
  const { name, context, dockerfile, guess, provides, missing, open, recipe } = entry;
  const usual = context === '.' ? 'Dockerfile' : `${context}/Dockerfile`;
  const isCustom = guess.kind === 'custom';
  return [
    `  ${quoted(name)}:`,
    `    context: ${quoted(context)}`,
    ...missing.map((each) => `    # not found there: ${oneLine(each)}`),
    ...(dockerfile === usual ? [] : [`    dockerfile: ${quoted(dockerfile)}`]),
    ...(recipe.target === undefined
      ? []
      : [`    target: ${quoted(recipe.target.value)}  # ${oneLine(recipe.target.places)}`]),
    `    kind: ${guess.kind}  # guessed: ${oneLine(guess.why)}${
      isCustom ? '; write another kind, or `check: COMMAND`' : ''
    }`,
    ...(provides.length === 0
      ? []
      : [`    provides: [${provides.map((each) => JSON.stringify(each)).join(', ')}]`]),
    ...argumentLines(entry),
    ...recipe.lost.map((each) => `    # not taken over: ${oneLine(each)}`),
    ...(open.length === 0
      ? []
      : [
          `    # no default: ${oneLine(open.join(', '))}; what the build was given as --build-arg belongs into \`args:\``,
        ]),
    ...wayLines(entry, names),
    ...spareLines(entry),
  ];
}

/** The arguments, those that were made up and those that were given, each with where it comes from. */
function argumentLines({ args, recipe }: MatrixEntry): readonly string[] {
  const madeUp = Object.entries(args);
  const given = Object.entries(recipe.args);
  if (madeUp.length === 0 && given.length === 0) return [];
  const why = 'made up, where the Dockerfile has no default: they only complete the names in its FROM lines';
  const note = given.length === 0 ? '' : '  # made up: it only completes a name in FROM';
  return [
    `    args:${given.length === 0 ? `  # ${why}` : ''}`,
    ...madeUp.map(([name, value]) => `      ${quoted(name)}: ${quoted(value)}${note}`),
    ...given.map(
      ([name, { value, places }]) =>
        `      ${quoted(name)}: ${quoted(asTemplate(value))}  # ${oneLine(places)}`,
    ),
  ];
}

function wayLines(entry: MatrixEntry, names: ReadonlySet<string>): readonly string[] {
  const { name, context, dockerfile, guess, recipe } = entry;
  const taken = (way: BuildWay): boolean =>
    way.target === recipe.target?.value && isTaken(way.args, recipe.args);
  const others = recipe.ways.filter((way) => !taken(way));
  if (others.length === 0) return [];
  const isAll = others.length === recipe.ways.length;
  const used = new Set(names);
  return [
    `    # It is built in ${isAll ? 'several ways' : 'other ways too'}; each may be an image of its own:`,
    ...others.map((way) => {
      const called = asWords([way.name ?? '']);
      const wish = asWords([name, way.target ?? '', ...differing(way, recipe.ways)]);
      let own = called === '' || used.has(called) ? wish : called;
      for (let number = 2; used.has(own); number += 1) own = `${wish}-${number}`;
      used.add(own);
      const args = Object.entries(way.args).map(
        ([key, value]) => `${quoted(key)}: ${quoted(asTemplate(value))}`,
      );
      const fields = [
        ...entryFields({ context, dockerfile, guess }),
        ...(way.target === undefined ? [] : [`target: ${quoted(way.target)}`]),
        ...(args.length === 0 ? [] : [`args: { ${args.join(', ')} }`]),
      ];
      return `    #   ${oneLine(`${own}: { ${fields.join(', ')} }`)}  # ${oneLine(way.place)}`;
    }),
  ];
}

/** True where the image has these values as it is; what it has besides, such a build leaves open. */
function isTaken(args: BuildWay['args'], given: BuildRecipe['args']): boolean {
  return Object.entries(args).every(([name, value]) => given[name]?.value === value);
}

function asWords(words: readonly string[]): string {
  return words
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

/** Values of a way that the others do not have. */
function differing({ args }: BuildWay, ways: readonly BuildWay[]): readonly string[] {
  return Object.entries(args).flatMap(([name, value]) =>
    ways.every((other) => other.args[name] === value) ? [] : [value],
  );
}

function spareLines({ name, context, dockerfile, guess, spare }: MatrixEntry): readonly string[] {
  if (spare.length === 0) return [];
  return [
    '    # Stages that nothing in it uses are not built; each may be an image of its own:',
    ...spare.map((stage) => {
      const own = `${name}-${stage.replace(/[^a-z0-9]+/g, '-')}`;
      const fields = [...entryFields({ context, dockerfile, guess }), `target: ${quoted(stage)}`];
      return `    #   ${oneLine(`${own}: { ${fields.join(', ')} }`)}`;
    }),
  ];
}

function entryFields({
  context,
  dockerfile,
  guess,
}: Pick<MatrixEntry, 'context' | 'dockerfile' | 'guess'>): readonly string[] {
  const usual = context === '.' ? 'Dockerfile' : `${context}/Dockerfile`;
  return [
    `context: ${quoted(context)}`,
    ...(dockerfile === usual ? [] : [`dockerfile: ${quoted(dockerfile)}`]),
    `kind: ${guess.kind}`,
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
