/**
 * What all builds of one Dockerfile say together: the values that they agree on, and those that they do not. Pure.
 */
import { findLogins } from '../core/logins.ts';
import { proxyArgs } from '../graph/graph-diagnostics.ts';
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';
import { parseTemplate } from '../matrix/template.ts';
import type { GivenBuild } from './given-build.ts';

/** A value, and where it is given. */
export interface GivenValue {
  readonly value: string;
  readonly places: string;
}

/** One of several ways in which a Dockerfile is built. */
export interface BuildWay {
  readonly place: string;
  /** What the build calls it. */
  readonly name: string | undefined;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
}

export interface BuildRecipe {
  readonly context: GivenValue | undefined;
  readonly target: GivenValue | undefined;
  readonly args: Readonly<Record<string, GivenValue>>;
  readonly tags: readonly string[];
  /** Where the builds differ, all of them; else none. */
  readonly ways: readonly BuildWay[];
  /** What is not taken over, with its place. */
  readonly lost: readonly string[];
}

/** The recipe of a Dockerfile, of builds that are all its own. */
export function buildRecipe(dockerfile: ParsedDockerfile, builds: readonly GivenBuild[]): BuildRecipe {
  const kept = builds.map((build) => keptOf(dockerfile, build));
  const names = [...new Set(kept.flatMap(({ args }) => Object.keys(args)))];
  // A build that does not mention an argument takes its default; one whose value is not known says nothing of it.
  const values = names.map((name) => {
    const silent = kept.some(({ args, open }) => !Object.hasOwn(args, name) && !open.has(name));
    const isDefault = silent && defaultsOf(dockerfile, name).some((text) => text !== undefined);
    return [name, isDefault ? undefined : agreed(kept, ({ args }) => args[name])] as const;
  });
  const targets = new Set(kept.map(({ target }) => target));
  const target = targets.size === 1 ? agreed(kept, (each) => each.target) : undefined;
  const isOne = targets.size <= 1 && values.every(([, value]) => value !== undefined);
  const lost = Map.groupBy(
    kept.flatMap(({ place, lost: all }) => all.map((text) => ({ place, text }))),
    ({ text }) => text,
  );
  return {
    context: agreed(builds, (build) => build.context),
    target,
    args: Object.fromEntries(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    tags: [...new Set(builds.flatMap(({ tags }) => tags))],
    ways: isOne ? [] : distinctWays(kept),
    lost: [...lost].map(([text, all]) => `${text} (${placesOf(all.map(({ place }) => place))})`),
  };
}

/**
 * A recipe for a Dockerfile of which no build is known to be its own: the values that builds whose Dockerfile depends
 * on variables all give to arguments that it leaves open.
 */
export function sharedRecipe(dockerfile: ParsedDockerfile, builds: readonly GivenBuild[]): BuildRecipe {
  const { globalArgs, stages } = dockerfile;
  const declared = [...globalArgs, ...stages.flatMap((stage) => stage.args)];
  const valued = new Set(
    declared.flatMap(({ name, defaultText }) => (defaultText === undefined ? [] : [name])),
  );
  const open = new Set(declared.flatMap(({ name }) => (valued.has(name) ? [] : [name])));
  const near = builds.filter(
    ({ place, dockerfiles }) => dockerfiles.length === 0 && isBeside(dockerfile.file, place),
  );
  const given = near.map((build) => ({
    ...build,
    context: undefined,
    target: undefined,
    args: Object.fromEntries(Object.entries(build.args).filter(([name]) => open.has(name))),
    tags: [],
    lost: [],
  }));
  return { ...buildRecipe(dockerfile, given), ways: [] };
}

/** Whether a build file may mean a Dockerfile: it lies in a folder of its path, or in none of the tree's. */
function isBeside(file: string, place: string): boolean {
  const folder = place.includes('/') ? place.slice(0, place.lastIndexOf('/') + 1) : '';
  return folder.startsWith('.github/') || file.startsWith(folder);
}

/** At most two places, and how many more. */
export function placesOf(places: readonly string[]): string {
  const distinct = [...new Set(places)];
  const more = distinct.length - 2;
  return `${distinct.slice(0, 2).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** The value that all builds give which give any; undefined where there are several, or none. */
function agreed<T extends { readonly place: string }>(
  builds: readonly T[],
  pick: (build: T) => string | undefined,
): GivenValue | undefined {
  const given = builds.filter((build) => pick(build) !== undefined);
  const values = new Set(given.map(pick));
  const [value] = values;
  if (values.size !== 1 || value === undefined) return undefined;
  return { value, places: placesOf(given.map(({ place }) => place)) };
}

interface KeptBuild extends BuildWay {
  /** Arguments that it gives, with values that are not known. */
  readonly open: ReadonlySet<string>;
  readonly lost: readonly string[];
}

/** What of a build means something to this Dockerfile and can stand in matrix.yaml. */
function keptOf(dockerfile: ParsedDockerfile, build: GivenBuild): KeptBuild {
  const { place, name: called, target, args, lost } = build;
  const { globalArgs, stages } = dockerfile;
  const declared = [...globalArgs, ...stages.flatMap((stage) => stage.args)];
  const names = new Set(declared.map(({ name }) => name));
  const stage = stages.find(({ name }) => name === target?.toLowerCase());
  const kept: [string, string][] = [];
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(args)) {
    if (proxyArgs.has(name) || name.startsWith('BUILDKIT_')) continue;
    const defaults = defaultsOf(dockerfile, name);
    if (!names.has(name)) dropped.push(`${name}=${value}, which the Dockerfile declares nowhere`);
    else if (findLogins(value).length > 0) dropped.push(`${name}, a login: hand it over as a secret`);
    else if (!isWritable(value)) dropped.push(`${name}=${value}`);
    // The default says the same.
    else if (defaults.some((text) => (text ?? '') !== value)) kept.push([name, value]);
  }
  const isLast = stage !== undefined && stage.index === stages.length - 1;
  return {
    place,
    name: called,
    target: stage === undefined || isLast ? undefined : target,
    args: Object.fromEntries(kept),
    open: build.open,
    lost: [
      ...lost,
      ...dropped,
      ...(target !== undefined && stage === undefined ? [`target ${target}, which is no stage`] : []),
    ],
  };
}

/** The default in each place that declares an argument, its quotes taken away; undefined where it has none. */
export function defaultsOf(
  { globalArgs, stages }: ParsedDockerfile,
  name: string,
): readonly (string | undefined)[] {
  return [...globalArgs, ...stages.flatMap((stage) => stage.args)].flatMap((each) =>
    each.name === name ? [each.defaultText?.replace(/^(["'])(.*)\1$/, '$2')] : [],
  );
}

/** What of a build decides its image: equal where two make the same of a Dockerfile. */
export function wayOf(
  dockerfile: ParsedDockerfile,
  build: GivenBuild,
): { readonly target: string | undefined; readonly args: readonly (readonly [string, string])[] } {
  return sortedWay(keptOf(dockerfile, build));
}

function sortedWay({ target, args }: Pick<BuildWay, 'target' | 'args'>): ReturnType<typeof wayOf> {
  return { target, args: Object.entries(args).toSorted(([a], [b]) => (a < b ? -1 : 1)) };
}

function distinctWays(builds: readonly BuildWay[]): readonly BuildWay[] {
  const same = Map.groupBy(builds, (way) => JSON.stringify(sortedWay(way)));
  return [...same.values()].flatMap((all) => {
    // Of several names the shortest: others are makes of it for one processor.
    const [first] = all.toSorted((a, b) => (a.name?.length ?? 0) - (b.name?.length ?? 0));
    return first === undefined ? [] : [{ ...first, place: placesOf(all.map(({ place }) => place)) }];
  });
}

/** A value as matrix.yaml writes it, where braces and dollars are placeholders. */
export function asTemplate(value: string): string {
  return value.replace(/\$\{|\{[A-Za-z][\w.-]*\}/g, (found) => (found === '${' ? '$${' : `{${found}}`));
}

function isWritable(value: string): boolean {
  const parts = parseTemplate(asTemplate(value));
  const text = parts.map((part) => (part.kind === 'text' ? part.text : undefined));
  return !text.includes(undefined) && text.join('') === value && !/[\r\n]/.test(value);
}
