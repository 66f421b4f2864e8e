/**
 * What one Dockerfile of a tree says by itself, before anything is known of the others: its references with the
 * defaults of their arguments filled in, the one that its last stage stands on, and the folder to build it in.
 */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { ownPlatform } from '../core/own-platform.ts';
import type { Family } from '../graph/family.ts';
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';
import {
  resolveDockerfile,
  type OutsideReference,
  type ReferringImage,
} from '../graph/resolve-references.ts';
import { buildRecipe, sharedRecipe, type BuildRecipe } from './build-recipe.ts';
import { chooseContext, type ChosenContext } from './choose-context.ts';
import { isMadeUp, madeUpArguments } from './fill-arguments.ts';
import type { FoundDockerfile } from './find-dockerfiles.ts';
import type { GivenBuild } from './given-build.ts';
import type { NamedImage, WrittenReference } from './link-images.ts';
import { nameImages } from './name-images.ts';
import { separateImages } from './separate-images.ts';
import { stageChain } from './stage-chain.ts';

export interface ReadImage extends NamedImage {
  readonly dockerfile: ParsedDockerfile;
  /** As it is written; undefined for one that stands on nothing (`FROM scratch`). */
  readonly base: string | undefined;
  readonly context: ChosenContext;
  /** How it was built until now. */
  readonly recipe: BuildRecipe;
  /** Values that were made up to complete its references. */
  readonly args: Readonly<Record<string, string>>;
  /** What would be told of it without them. */
  readonly errors: readonly Diagnostic[];
}

export interface UnreadImage {
  readonly name: string;
  readonly path: string;
  readonly errors: readonly Diagnostic[];
}

export interface ReadTree {
  readonly images: readonly ReadImage[];
  readonly unread: readonly UnreadImage[];
}

/** Nobody is family yet: every reference leads outside. */
const strangers: Family = { find: () => undefined, suggest: () => undefined };

/** Reads each Dockerfile by itself, with what its builds give it; those that give an error are listed apart. */
export async function readImages(
  root: string,
  found: readonly FoundDockerfile[],
  builds: readonly GivenBuild[],
): Promise<ReadTree> {
  const names = nameImages(
    found.map((each) => each.path),
    path.basename(root),
  );
  const exists = (file: string): Promise<boolean> =>
    lstat(path.join(root, file)).then(
      () => true,
      () => false,
    );
  const paths = new Set(found.map((each) => each.path));
  const images: ReadImage[] = [];
  const unread: UnreadImage[] = [];
  for (const { path: file, content } of found) {
    const name = names.get(file) ?? file;
    if (content.kind === 'not-understood') {
      unread.push({ name, path: file, errors: content.errors });
      continue;
    }
    const { dockerfile } = content;
    const own = builds.filter((build) => build.dockerfiles.find((each) => paths.has(each)) === file);
    const others = new Set([...names].flatMap(([other, each]) => (other === file ? [] : [each])));
    const separate = separateImages(
      dockerfile,
      own,
      new Set([...others, ...images.map((each) => each.name)]),
    );
    const made = separate.length > 0 ? separate : [{ name, builds: own }];
    for (const each of made) {
      const folder = separate.length > 0 ? each.name : path.posix.basename(path.posix.dirname(file));
      const recipe =
        own.length === 0 ? sharedRecipe(dockerfile, builds) : buildRecipe(dockerfile, each.builds);
      const { references: outside, args, errors } = resolve(each.name, dockerfile, recipe);
      if (outside === undefined) {
        unread.push({ name: each.name, path: file, errors });
        continue;
      }
      const references = outside.flatMap(writtenReference);
      images.push({
        name: freedName(each.name, references, names),
        folder,
        references,
        dockerfile,
        base: baseOf(dockerfile, recipe.target?.value, outside),
        tags: recipe.tags,
        recipe,
        args,
        madeUp: outside.flatMap(({ source, text }) =>
          isMadeUp(source.text, dockerfile, Object.keys(args)) ? [text] : [],
        ),
        errors,
        context: await chooseContext(dockerfile, exists, recipe.context?.value),
      });
    }
  }
  return { images, unread };
}

interface Resolved {
  /** Undefined where they cannot be told, whatever was made up. */
  readonly references: readonly OutsideReference[] | undefined;
  readonly args: Readonly<Record<string, string>>;
  readonly errors: readonly Diagnostic[];
}

/** The references with defaults filled in; where that is not enough, with values made up. */
function resolve(name: string, dockerfile: ParsedDockerfile, recipe: BuildRecipe): Resolved {
  const span = { file: dockerfile.file, line: 1, column: 1, length: 1, text: '' };
  const given = Object.fromEntries(Object.entries(recipe.args).map(([key, { value }]) => [key, value]));
  const target = recipe.target?.value;
  const image: ReferringImage = { name, target, args: given, epoch: undefined, span };
  const plain = resolveDockerfile(image, dockerfile, strangers, ownPlatform());
  if (plain.errors.length === 0) return { references: plain.references, args: {}, errors: [] };
  const args = madeUpArguments(dockerfile, given);
  const filled = resolveDockerfile(
    { ...image, args: { ...args, ...given } },
    dockerfile,
    strangers,
    ownPlatform(),
  );
  const isEnough = filled.errors.length === 0;
  return { references: isEnough ? filled.references : undefined, args, errors: plain.errors };
}

function writtenReference({ text, names }: OutsideReference): readonly WrittenReference[] {
  return names.kind === 'root' ? [{ text, reference: names.reference }] : [];
}

/** What the stage that is built stands on, the stages between followed. */
function baseOf(
  dockerfile: ParsedDockerfile,
  target: string | undefined,
  references: readonly OutsideReference[],
): string | undefined {
  const base = stageChain(dockerfile, target).at(-1)?.base;
  return references.find(({ source }) => source === base)?.text;
}

/** `FROM nginx` in the folder `nginx`: the name alone would make the image its own parent. */
function freedName(
  name: string,
  references: readonly WrittenReference[],
  names: ReadonlyMap<string, string>,
): string {
  if (!references.some(({ text }) => text === name)) return name;
  const taken = new Set(names.values());
  for (let number = 1; ; number += 1) {
    const free = number === 1 ? `${name}-image` : `${name}-image-${number}`;
    if (!taken.has(free)) return free;
  }
}
