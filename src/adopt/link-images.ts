/**
 * Finds out which references in a tree of Dockerfiles mean other Dockerfiles of the same tree, though they are
 * written as what was once published: `quay.io/jupyter/base-notebook`, `gcr.io/proj/base:v1`. Pure.
 */
import { formatReference, type Reference } from '../../registry/reference.ts';

/** A reference that leads out of a Dockerfile, with its arguments' defaults filled in. */
export interface WrittenReference {
  readonly text: string;
  readonly reference: Reference;
}

export interface NamedImage {
  readonly name: string;
  /** The last folder of its Dockerfile's path. */
  readonly folder: string;
  readonly references: readonly WrittenReference[];
}

export interface Links {
  /** Image of the family by reference as it is written. */
  readonly targets: ReadonlyMap<string, string>;
  /** References that each image stands for and its name does not say already. */
  readonly provides: ReadonlyMap<string, readonly string[]>;
  /** References from outside, in the order in which they were met. */
  readonly outside: readonly string[];
  /** Where the family was published: `quay.io/jupyter`. */
  readonly prefix: string | undefined;
  readonly remarks: readonly string[];
}

const hubLibrary = 'docker.io/library';

/** Links the images. A reference that could mean several things, or an older tag, is left outside with a remark. */
export function linkImages(images: readonly NamedImage[]): Links {
  const written = distinct(images);
  const candidates = written.flatMap(({ text, reference, users }) => {
    const name = images.some((each) => each.name === text) ? text : meantBy(reference, images);
    return name === undefined || isOfOutside(name, reference, images)
      ? []
      : [{ text, reference, users, name }];
  });
  const prefix = commonPrefix(candidates);
  const remarks: string[] = [];
  const targets = new Map<string, string>();
  for (const { text, reference, name } of candidates) {
    if (text === name) targets.set(text, name);
    else if (prefixOf(reference) !== prefix) {
      remarks.push(
        `\`${text}\` is taken for an image from outside, since the family seems to be published as \`${prefix}/…\``,
      );
    } else targets.set(text, name);
  }
  dropOlderTags(candidates, targets, remarks);
  const provides = Map.groupBy(
    [...targets].filter(([text, name]) => text !== name),
    ([, name]) => name,
  );
  return {
    targets,
    provides: new Map([...provides].map(([name, pairs]) => [name, pairs.map(([text]) => text)])),
    outside: written.flatMap(({ text }) => (targets.has(text) ? [] : [text])),
    prefix: prefix === hubLibrary ? undefined : prefix,
    remarks,
  };
}

interface Candidate {
  readonly text: string;
  readonly reference: Reference;
  readonly users: number;
  readonly name: string;
}

/** Every reference once, with the number of images that use it. */
function distinct(images: readonly NamedImage[]): readonly (WrittenReference & { readonly users: number })[] {
  const all = images.flatMap(({ references }) => references);
  return [...Map.groupBy(all, ({ text }) => text).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, users: same.length }];
  });
}

/** The image that a reference's last words name: `…/NAME`, `…/NAME:VARIANT-…`, or `…/REPOSITORY:NAME-…`. */
function meantBy(reference: Reference, images: readonly NamedImage[]): string | undefined {
  // Who pins a digest wants these bytes and no others.
  if (reference.digest !== undefined) return undefined;
  const names = new Set(images.map(({ name }) => name));
  const last = lastComponent(reference);
  const tag = reference.tag ?? '';
  const direct = names.has(last)
    ? last
    : onlyOne(images.filter(({ folder }) => folder.toLowerCase() === last));
  if (direct !== undefined) {
    const makes = [...names].filter(
      (name) => name.startsWith(`${direct}-`) && beginsWith(tag, name.slice(direct.length + 1)),
    );
    return longest(makes) ?? direct;
  }
  const isOwnRegistry = reference.registry !== 'docker.io';
  return isOwnRegistry ? longest([...names].filter((name) => beginsWith(tag, name))) : undefined;
}

function onlyOne(images: readonly NamedImage[]): string | undefined {
  return images.length === 1 ? images[0]?.name : undefined;
}

function beginsWith(tag: string, word: string): boolean {
  return tag === word || tag.startsWith(`${word}-`);
}

function longest(names: readonly string[]): string | undefined {
  return names.toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))[0];
}

/**
 * True where the image that bears the name draws on the reference itself: `FROM nginx:1.29` in the folder `nginx`.
 * Then the name means somebody else's image; of Docker's own library, whatever the tag.
 */
function isOfOutside(name: string, reference: Reference, images: readonly NamedImage[]): boolean {
  const own = images.find((each) => each.name === name)?.references ?? [];
  const isLibrary = `${reference.registry}/${reference.repository}`.startsWith(`${hubLibrary}/`);
  return own.some((each) =>
    isLibrary
      ? each.reference.familiarName === reference.familiarName
      : formatReference(each.reference) === formatReference(reference),
  );
}

function lastComponent({ repository }: Reference): string {
  return repository.slice(repository.lastIndexOf('/') + 1);
}

/** What stands before the image's name: where the repository itself is shared by all images, that repository's parent. */
function prefixOf({ registry, repository }: Reference): string {
  const whole = `${registry}/${repository}`;
  return whole.slice(0, whole.lastIndexOf('/'));
}

/** The prefix by which the most images are named; of two, the first. */
function commonPrefix(candidates: readonly Candidate[]): string | undefined {
  const named = candidates.filter(({ text, name }) => text !== name);
  const byPrefix = Map.groupBy(named, ({ reference }) => prefixOf(reference));
  const counted = [...byPrefix].map(([prefix, all]) => ({
    prefix,
    images: new Set(all.map(({ name }) => name)).size,
  }));
  return counted.toSorted((a, b) => b.images - a.images)[0]?.prefix;
}

/** Of several tags of one repository that would mean one image, the one that is used most stays; the others are the past. */
function dropOlderTags(
  candidates: readonly Candidate[],
  targets: Map<string, string>,
  remarks: string[],
): void {
  const linked = candidates.filter(({ text, name }) => text !== name && targets.has(text));
  for (const [name, all] of Map.groupBy(linked, (each) => each.name)) {
    const byTag = Map.groupBy(all, ({ reference }) => reference.tag ?? 'latest');
    const users = (tag: string): number => (byTag.get(tag) ?? []).reduce((sum, each) => sum + each.users, 0);
    const [kept, ...others] = [...byTag.keys()].toSorted((a, b) => users(b) - users(a) || (a < b ? 1 : -1));
    for (const { text } of others.flatMap((tag) => byTag.get(tag) ?? [])) {
      targets.delete(text);
      remarks.push(
        `\`${text}\` is taken for an older image from outside: \`${name}\` stands for the tag \`${kept}\``,
      );
    }
  }
}
