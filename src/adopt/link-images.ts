/**
 * Finds out which references in a tree of Dockerfiles mean other Dockerfiles of the same tree, though they are
 * written as what was once published: `quay.io/jupyter/base-notebook`, `gcr.io/proj/base:v1`. Pure.
 */
import { formatReference, parseReference, type Reference } from '../../registry/reference.ts';

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
  /** References that its builds call it by. */
  readonly tags?: readonly string[];
  /** Those of the references that hold made-up values: they can only mean an image of the tree. */
  readonly madeUp: readonly string[];
}

export interface Links {
  /** Image of the family by reference as it is written. */
  readonly targets: ReadonlyMap<string, string>;
  /** References that each image stands for and its name does not say already. */
  readonly provides: ReadonlyMap<string, readonly string[]>;
  /** References from outside, in the order in which they were met. */
  readonly outside: readonly string[];
  /** How the family was published, if it was. */
  readonly published: Published | undefined;
  readonly remarks: readonly string[];
}

/** `PLACE/NAME:TAG`, each image in a repository of its own, or `PLACE:NAME-TAG`, all in one. */
export interface Published {
  readonly place: string;
  readonly shared: boolean;
}

const hubLibrary = 'docker.io/library';

/** Links the images. A reference that could mean several things, or an older tag, is left outside with a remark. */
export function linkImages(images: readonly NamedImage[]): Links {
  const written = distinct(images);
  const candidates = written.flatMap(({ text, reference, users }) => {
    const own = images.some((each) => each.name === text);
    const meant: Meaning | undefined = own ? { name: text, shared: false } : meantBy(reference, images);
    return meant === undefined || isOfOutside(meant.name, reference, images)
      ? []
      : [{ text, reference, users, ...meant, place: placeOf(reference, meant.shared) }];
  });
  const madeUp = new Set(images.flatMap((each) => each.madeUp));
  // What a bake file calls an image within itself says nothing of where it was published.
  const real = candidates.filter(
    ({ text, name, place, called }) =>
      text !== name && !madeUp.has(text) && !(called === true && place === hubLibrary),
  );
  const published = commonPlace(real) ?? commonPlace(candidates.filter(({ text }) => madeUp.has(text)));
  const remarks: string[] = [];
  const targets = new Map<string, string>();
  for (const { text, name, place, shared, called = false } of candidates) {
    const isOfPlace = place === published?.place && shared === published.shared;
    if (text === name || madeUp.has(text) || isOfPlace || called) targets.set(text, name);
    else {
      const pattern = published === undefined ? '' : patternOf(published);
      remarks.push(
        `\`${text}\` is taken for an image from outside, since the family seems to be called \`${pattern}\``,
      );
    }
  }
  dropOlderTags(real, targets, remarks);
  const told = new Set(candidates.map(({ text }) => text));
  remarks.push(
    ...resemblances(
      written.filter(({ text }) => !told.has(text)),
      images,
    ),
  );
  const provides = Map.groupBy(
    [...targets].filter(([text, name]) => text !== name),
    ([, name]) => name,
  );
  return {
    targets,
    provides: new Map([...provides].map(([name, pairs]) => [name, pairs.map(([text]) => text)])),
    outside: written.flatMap(({ text }) => (targets.has(text) ? [] : [text])),
    published: published?.place === hubLibrary ? undefined : published,
    remarks,
  };
}

interface Meaning {
  readonly name: string;
  readonly shared: boolean;
  /** True where a build calls the image so. */
  readonly called?: boolean;
}

interface Candidate extends Meaning {
  readonly text: string;
  readonly reference: Reference;
  readonly users: number;
  readonly place: string;
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
function meantBy(reference: Reference, images: readonly NamedImage[]): Meaning | undefined {
  // Who pins a digest wants these bytes and no others.
  if (reference.digest !== undefined) return undefined;
  const names = new Set(images.map(({ name }) => name));
  const last = lastComponent(reference);
  const tag = reference.tag ?? '';
  const direct = names.has(last)
    ? last
    : onlyOne(images.filter(({ folder }) => folder.toLowerCase() === last));
  const called = calledBy(reference, images);
  if (called !== undefined) return { name: called, shared: false, called: true };
  if (direct !== undefined) {
    const makes = [...names].filter(
      (name) => name.startsWith(`${direct}-`) && beginsWith(asWords(tag), name.slice(direct.length + 1)),
    );
    return { name: longest(makes) ?? direct, shared: false };
  }
  // One Dockerfile for each version: `…/lab:1.2` is `lab-1-2`.
  const version = `${asWords(last)}-${asWords(tag)}`;
  if (names.has(version)) return { name: version, shared: false };
  const named = longest([...names].filter((name) => beginsWith(tag, name)));
  // On Docker's own registry a tag such as `hub-2` is more likely somebody else's.
  return named === undefined || reference.registry === 'docker.io'
    ? undefined
    : { name: named, shared: true };
}

/** The image whose builds call it so, tag and all: with another tag it may be somebody else's. */
function calledBy(reference: Reference, images: readonly NamedImage[]): string | undefined {
  const isCalled = (tag: string): boolean => {
    const parsed = parseReference(tag);
    if (parsed.kind !== 'reference' || parsed.familiarName !== reference.familiarName) return false;
    return (parsed.tag ?? 'latest') === (reference.tag ?? 'latest');
  };
  return onlyOne(images.filter(({ tags = [] }) => tags.some(isCalled)));
}

/** Remarks on references that nothing is linked to, though an image's name is nearly theirs. */
function resemblances(
  written: readonly WrittenReference[],
  images: readonly NamedImage[],
): readonly string[] {
  return written.flatMap(({ text, reference }) => {
    const place = placeOf(reference, false);
    if (reference.digest !== undefined || place === hubLibrary) return [];
    const last = asWords(lastComponent(reference));
    const owner = place.slice(place.lastIndexOf('/') + 1);
    const alike = images.filter(
      ({ name }) => name === last || name.startsWith(`${last}-`) || last === `${owner}-${name}`,
    );
    // Who adds to an image from outside calls what comes of it by the same name; so do its versions.
    if (alike.some(({ references }) => references.some((each) => each.text === text))) return [];
    // The name itself, else the newest version.
    const name = alike.find((each) => each.name === last)?.name ?? alike.at(-1)?.name;
    return name === undefined
      ? []
      : [
          `\`${text}\` is taken for an image from outside, though it resembles \`${name}\`; ` +
            `if that is meant, add \`provides: ["${text}"]\` to \`${name}\``,
        ];
  });
}

/** As names of images are made of paths. */
function asWords(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
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

/** What stands before the image's name. */
function placeOf({ registry, repository }: Reference, shared: boolean): string {
  const whole = `${registry}/${repository}`;
  return shared ? whole : whole.slice(0, whole.lastIndexOf('/'));
}

/** `quay.io/jupyter/NAME`, or `gcr.io/project/kit:NAME-TAG`. */
export function patternOf({ place, shared }: Published): string {
  return shared ? `${place}:NAME-TAG` : `${place}/NAME`;
}

/** The place by which the most images are named; of two, the one that more use, else the first. */
function commonPlace(candidates: readonly Candidate[]): Published | undefined {
  const counted = [...Map.groupBy(candidates, patternOf).values()].flatMap((all) => {
    const [first] = all;
    const users = all.reduce((sum, each) => sum + each.users, 0);
    return first === undefined
      ? []
      : [{ ...first, images: new Set(all.map(({ name }) => name)).size, users }];
  });
  const [most] = counted.toSorted((a, b) => b.images - a.images || b.users - a.users);
  return most && { place: most.place, shared: most.shared };
}

/** Of several tags of one repository that would mean one image, the one that is used most stays; the others are the past. */
function dropOlderTags(
  candidates: readonly Candidate[],
  targets: Map<string, string>,
  remarks: string[],
): void {
  const linked = candidates.filter(({ text }) => targets.has(text));
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
