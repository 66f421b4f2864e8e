/**
 * A matrix.yaml for a tree of Dockerfiles that somebody already has, with no Dockerfile edited. What is written is
 * first held against the rest of the house: it loads, and its graph has no error. Writes nothing itself.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { matrixFile } from '../matrix/load-matrix.ts';
import { usageError, usageWarning } from '../matrix/usage-error.ts';
import { familyAfter, type Environment } from './check-edit.ts';
import { isMadeUpPlace } from './fill-arguments.ts';
import { findBuilds } from './find-builds.ts';
import { findDockerfiles } from './find-dockerfiles.ts';
import { buildRemarks, lostWarnings, remoteRemarks } from './build-remarks.ts';
import { guessKind, type Guess } from './guess-kind.ts';
import { linkImages, type Links } from './link-images.ts';
import { openArguments } from './open-arguments.ts';
import { readImages, type ReadImage, type UnreadImage } from './read-images.ts';
import { spareStages } from './spare-stages.ts';
import { writeMatrix, type MatrixText } from './write-matrix.ts';

export interface Tree {
  /** Absolute path of the folder that will hold matrix.yaml. */
  readonly root: string;
  /** The folder with the Dockerfiles, relative to it. */
  readonly below: string;
  readonly environment: Environment;
}

export interface AdoptedImage {
  readonly name: string;
  readonly guess: Guess;
  /** How many images of the family its last stage stands on, one upon the other. */
  readonly depth: number;
}

export interface AdoptedTree {
  /** The text of matrix.yaml. */
  readonly text: string;
  /** Each below the one that it is built on. */
  readonly images: readonly AdoptedImage[];
  /** What could not be understood, or only be guessed. */
  readonly warnings: readonly Diagnostic[];
}

/** Reads the tree. Errors: nothing in it that could be an image, or a family that cannot be loaded for another reason. */
export async function adoptTree(
  { root, below, environment }: Tree,
  signal: AbortSignal,
): Promise<Result<AdoptedTree, readonly Diagnostic[]>> {
  const { builds, remote } = await findBuilds(root, below, signal);
  const named = builds.flatMap(({ dockerfiles }) => dockerfiles);
  const found = await findDockerfiles({ root, below, named }, signal);
  const read = await readImages(root, found, builds);
  const unplaced = [
    ...(await buildRemarks({ root, below }, found, builds, read.images)),
    ...remoteRemarks(remote, read.images),
  ];
  let { images } = read;
  let unread = read.unread;
  for (;;) {
    if (images.length === 0) return err([nothingFound(below), ...unread.flatMap(leftOutWarnings)]);
    const attempt = describe(images, unread, below, unplaced);
    // A name that was made up can be found nowhere but in the tree.
    const lost = images.filter(({ madeUp }) => madeUp.some((text) => !attempt.links.targets.has(text)));
    if (lost.length > 0) {
      images = images.filter((image) => !lost.includes(image));
      unread = [
        ...unread,
        ...lost.map(({ name, dockerfile, errors }) => ({ name, path: dockerfile.file, errors })),
      ];
      continue;
    }
    const checked = await familyAfter(
      root,
      environment,
      new Map([[matrixFile, attempt.matrix.text]]),
      signal,
    );
    if (checked.ok) return ok(adopted(attempt, images, unread, unplaced));
    const errors = checked.error.filter(({ severity }) => severity === 'error');
    const culprits = culpritsOf(errors, images, attempt.matrix);
    // What no single image is to blame for, the user has to see as it is.
    if (culprits.length === 0) return err(errors);
    images = images.filter(({ name }) => !culprits.some((each) => each.name === name));
    unread = [...unread, ...culprits];
  }
}

interface Attempt {
  readonly matrix: MatrixText;
  readonly links: Links;
  readonly guesses: ReadonlyMap<string, Guess>;
  readonly depths: ReadonlyMap<string, number>;
  readonly order: readonly ReadImage[];
}

function describe(
  images: readonly ReadImage[],
  unread: readonly UnreadImage[],
  below: string,
  unplaced: readonly string[],
): Attempt {
  const links = linkImages(images);
  const guesses = new Map<string, Guess>();
  const depths = new Map<string, number>();
  const visit = (image: ReadImage, above: ReadonlySet<string>): void => {
    if (guesses.has(image.name) || above.has(image.name)) return;
    const parents = parentsOf(image, images, links);
    for (const parent of parents) visit(parent, new Set([...above, image.name]));
    guesses.set(image.name, guessOf(image, images, links, guesses));
  };
  for (const image of images) visit(image, new Set());
  const order = inTreeOrder(images, links, depths);
  const matrix = writeMatrix({
    from: below,
    published: links.published && !isMadeUpPlace(links.published.place) ? links.published : undefined,
    shared: links.published?.shared === true,
    roots: links.outside,
    entries: order.flatMap(({ name, context, dockerfile, args, recipe }) => {
      const guess = guesses.get(name);
      const provides = links.provides.get(name) ?? [];
      return guess === undefined
        ? []
        : [
            {
              name,
              ...context,
              dockerfile: dockerfile.file,
              guess,
              provides,
              args,
              recipe,
              open: openArguments(dockerfile, { ...args, ...recipe.args }),
              spare: unbuiltStages(dockerfile, recipe),
            },
          ];
    }),
    leftOut: unread.map(({ name, path, errors }) => ({
      name,
      dockerfile: path,
      reasons: errors.map(sentenceOf),
    })),
    remarks: [...unplaced, ...links.remarks],
  });
  return { matrix, links, guesses, depths, order };
}

/** Each image below the one that its last stage stands on, as a tree is drawn; notes how deep each stands in it. */
function inTreeOrder(
  images: readonly ReadImage[],
  { targets }: Links,
  depths: Map<string, number>,
): readonly ReadImage[] {
  const parentOf = ({ base }: ReadImage): string | undefined =>
    base === undefined ? undefined : targets.get(base);
  const listed = new Set<ReadImage>();
  const list = (parent: string | undefined, depth: number): void => {
    for (const image of images) {
      if (parentOf(image) !== parent || listed.has(image)) continue;
      listed.add(image);
      depths.set(image.name, depth);
      list(image.name, depth + 1);
    }
  };
  list(undefined, 0);
  // Those in a circle stand on nothing that is listed.
  return [...listed, ...images.filter((image) => !listed.has(image))];
}

function parentsOf(image: ReadImage, images: readonly ReadImage[], { targets }: Links): readonly ReadImage[] {
  const names = new Set(image.references.map(({ text }) => targets.get(text)));
  return images.filter(({ name }) => names.has(name));
}

function guessOf(
  image: ReadImage,
  images: readonly ReadImage[],
  { targets }: Links,
  guesses: ReadonlyMap<string, Guess>,
): Guess {
  const parentName = image.base === undefined ? undefined : targets.get(image.base);
  const parentGuess = parentName === undefined ? undefined : guesses.get(parentName);
  const isUsed = [...targets.values()].includes(image.name);
  const isBase = images.some(({ base }) => base !== undefined && targets.get(base) === image.name);
  return guessKind({
    name: image.name,
    dockerfile: image.dockerfile,
    target: image.recipe.target?.value,
    parent:
      parentName === undefined || parentGuess === undefined
        ? undefined
        : { name: parentName, guess: parentGuess },
    root: parentName === undefined ? image.base : undefined,
    onlyCopiedFrom: isUsed && !isBase,
    isLast: !isUsed,
  });
}

/** The images that errors are about, by the Dockerfile or the line of matrix.yaml that they show. */
function culpritsOf(
  errors: readonly Diagnostic[],
  images: readonly ReadImage[],
  { owners }: MatrixText,
): readonly UnreadImage[] {
  return images.flatMap(({ name, dockerfile }) => {
    const own = errors.filter(
      ({ span }) =>
        span !== undefined &&
        (span.file === dockerfile.file || (span.file === matrixFile && owners[span.line - 1] === name)),
    );
    return own.length === 0 ? [] : [{ name, path: dockerfile.file, errors: own }];
  });
}

function adopted(
  { matrix, links, guesses, depths, order }: Attempt,
  images: readonly ReadImage[],
  unread: readonly UnreadImage[],
  unplaced: readonly string[],
): AdoptedTree {
  const missing = images.flatMap(({ name, dockerfile, context }) => {
    if (context.missing.length === 0) return [];
    const sources = context.missing.map((source) => `\`${source}\``).join(', ');
    const message = `\`${dockerfile.file}\` copies ${sources} from \`${context.context}\`, where that is not`;
    const help = `make it before \`${name}\` is built, or correct its \`context\` in ${matrixFile}`;
    return [usageWarning('missing-source', message, undefined, { help })];
  });
  return {
    text: matrix.text,
    images: order.flatMap(({ name }) => {
      const guess = guesses.get(name);
      return guess === undefined ? [] : [{ name, guess, depth: depths.get(name) ?? 0 }];
    }),
    warnings: [
      ...unread.flatMap(leftOutWarnings),
      ...missing,
      ...images.flatMap(spareWarnings),
      ...openWarnings(images),
      ...lostWarnings(images),
      ...unplaced.map((remark) => usageWarning('build-not-placed', remark, undefined)),
      ...links.remarks.map((remark) => usageWarning('guessed-reference', remark, undefined)),
    ],
  };
}

/** Stages that nothing builds, as far as is known. */
function unbuiltStages(dockerfile: ReadImage['dockerfile'], recipe: ReadImage['recipe']): readonly string[] {
  const built = new Set(recipe.ways.map(({ target }) => target?.toLowerCase()));
  return spareStages(dockerfile, recipe.target?.value).filter((stage) => !built.has(stage));
}

function spareWarnings({ name, dockerfile, recipe }: ReadImage): readonly Diagnostic[] {
  const spare = unbuiltStages(dockerfile, recipe);
  if (spare.length === 0) return [];
  const last = recipe.target?.value ?? dockerfile.stages.at(-1)?.name;
  const named = spare.map((stage) => `\`${stage}\``).join(', ');
  const which = recipe.target === undefined ? 'the last stage' : 'the stage';
  const taken = last === undefined ? which : `${which} \`${last}\``;
  const message = `of \`${dockerfile.file}\` ${taken} is adopted; nothing in it uses ${named}`;
  const help = `where they are images too, take over the lines with \`target:\` at \`${name}\` in ${matrixFile}`;
  return [usageWarning('other-stages', message, undefined, { help })];
}

/** One for the whole tree: families tend to declare the same arguments everywhere. */
function openWarnings(images: readonly ReadImage[]): readonly Diagnostic[] {
  const open = images.flatMap(({ dockerfile, args, recipe }) =>
    openArguments(dockerfile, { ...args, ...recipe.args }).map((name) => ({ name, file: dockerfile.file })),
  );
  if (open.length === 0) return [];
  const places = [...Map.groupBy(open, ({ name }) => name)].map(
    ([name, all]) => `\`${name}\` in ${all.map(({ file }) => `\`${file}\``).join(', ')}`,
  );
  const message = `arguments without a default: ${places.join('; ')}`;
  const help = `what the build was given as --build-arg belongs into \`args:\` in ${matrixFile}`;
  return [usageWarning('open-argument', message, undefined, { help })];
}

function leftOutWarnings({ name, errors }: UnreadImage): readonly Diagnostic[] {
  return errors.map((error) => ({
    ...error,
    severity: 'warning',
    message: `\`${name}\` is left out: ${error.message}`,
  }));
}

function sentenceOf({ message, span, help }: Diagnostic): string {
  const place = span === undefined ? '' : `line ${span.line}: `;
  return `${place}${message}${help === undefined ? '' : ` (${help})`}`;
}

function nothingFound(below: string): Diagnostic {
  return usageError(
    'no-dockerfiles',
    `in \`${below}\` is no Dockerfile that an image could be made of`,
    undefined,
    {
      help: 'name the folder that holds them; `build init` alone makes a first image',
    },
  );
}
