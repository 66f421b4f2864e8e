/**
 * One Dockerfile that becomes several images, each on a parent of its own: builds hand another `BASE` to its FROM and
 * call what they make by different names. Pure.
 */
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';
import { wayOf } from './build-recipe.ts';
import { isDrawnOn } from './fill-arguments.ts';
import type { GivenBuild } from './given-build.ts';

export interface SeparateImage {
  readonly name: string;
  /** All that build it, in the same way. */
  readonly builds: readonly GivenBuild[];
}

/**
 * The images that these builds, all of one Dockerfile, make of it on different parents. None where there is one parent,
 * where one is not known, or where the names do not keep them apart or are `taken`: then each way is only told.
 */
export function separateImages(
  dockerfile: ParsedDockerfile,
  builds: readonly GivenBuild[],
  taken: ReadonlySet<string>,
): readonly SeparateImage[] {
  const parents = dockerfile.globalArgs.flatMap(({ name }) => (isDrawnOn(dockerfile, name) ? [name] : []));
  if (builds.some(({ open }) => parents.some((name) => open.has(name)))) return [];
  const ways = [...Map.groupBy(builds, (build) => JSON.stringify(wayOf(dockerfile, build))).values()];
  const standsOn = (build: GivenBuild): string => {
    const { args } = wayOf(dockerfile, build);
    return JSON.stringify(args.filter(([name]) => parents.includes(name)));
  };
  if (new Set(builds.map(standsOn)).size < 2) return [];
  const images = ways.map((all) => ({ name: nameOf(all), builds: all }));
  const names = new Set(images.map(({ name }) => name));
  const isClear = names.size === images.length && ![...names].some((name) => name === '' || taken.has(name));
  return isClear ? images : [];
}

/** Of several names the shortest: others are makes of it for one processor. */
function nameOf(builds: readonly GivenBuild[]): string {
  const names = builds.flatMap(({ name }) => asWords(name ?? '') || []);
  return names.toSorted((a, b) => a.length - b.length)[0] ?? '';
}

function asWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
