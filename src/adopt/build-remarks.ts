/** What is told of builds that were found and not, or not wholly, taken over. */
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { matrixFile } from '../matrix/load-matrix.ts';
import { usageWarning } from '../matrix/usage-error.ts';
import { defaultsOf, placesOf } from './build-recipe.ts';
import type { FoundDockerfile } from './find-dockerfiles.ts';
import type { GivenBuild, RemoteBuild } from './given-build.ts';
import type { ReadImage } from './read-images.ts';

/** Sentences on builds that belong to no Dockerfile of the tree: it cannot be told which, or it is not there. */
export async function buildRemarks(
  { root, below }: { readonly root: string; readonly below: string },
  found: readonly FoundDockerfile[],
  builds: readonly GivenBuild[],
  images: readonly ReadImage[],
): Promise<readonly string[]> {
  const known = new Set(found.map((each) => each.path));
  const taken = new Set(
    images.flatMap(({ recipe }) =>
      Object.entries(recipe.args).map(([name, { value }]) => `${name}=${value}`),
    ),
  );
  for (const settled of settledByDefaults(found, builds)) taken.add(settled);
  const unknown = builds.filter((build) => build.dockerfiles.length === 0 && settingsOf(build, taken) !== '');
  const absent: GivenBuild[] = [];
  for (const build of builds) {
    const { dockerfiles } = build;
    if (dockerfiles.length === 0 || dockerfiles.some((each) => known.has(each))) continue;
    const isBelow = below === '.' || dockerfiles.some((each) => each.startsWith(`${below}/`));
    if (isBelow && !(await anyExists(root, dockerfiles))) absent.push(build);
  }
  return [
    ...[...Map.groupBy(unknown, (build) => settingsOf(build, taken))].map(
      ([settings, all]) =>
        `${placesOf(all.map(({ place }) => place))}: which Dockerfile is built cannot be told; not taken over: ${settings}`,
    ),
    ...(await Promise.all(
      [...Map.groupBy(absent, ({ dockerfiles }) => dockerfiles[0])].map(
        async ([file, all]) =>
          `${placesOf(all.map(({ place }) => place))}: ${await absentSentence(root, file, all)}`,
      ),
    )),
  ];
}

/** What repo2docker makes an image of where there is no Dockerfile. */
const readByRepo2docker = ['environment.yml', 'requirements.txt', 'apt.txt', 'postBuild', 'install.R'];

async function absentSentence(
  root: string,
  file: string | undefined,
  builds: readonly GivenBuild[],
): Promise<string> {
  const [first] = builds;
  const folder = first?.context;
  const isOther =
    folder !== undefined &&
    (await anyExists(
      root,
      readByRepo2docker.map((name) => path.posix.join(folder, name)),
    ));
  return isOther
    ? `builds the folder \`${folder}\`, which has no Dockerfile but what repo2docker reads; ` +
        'with a Dockerfile there it can be an image here'
    : `builds \`${file}\`, which is not there`;
}

/** Sentences on builds of files from elsewhere whose images the tree draws on. */
export function remoteRemarks(
  builds: readonly RemoteBuild[],
  images: readonly ReadImage[],
): readonly string[] {
  const used = new Set(images.flatMap(({ references }) => references.map(({ text }) => text)));
  return builds.flatMap(({ place, source, tags }) => {
    const drawn = tags.find((tag) => used.has(tag));
    return drawn === undefined
      ? []
      : `${place}: builds \`${drawn}\` from \`${source}\`, which is not part of this tree: ` +
          'it stays an image from outside';
  });
}

/** Of what such builds give: `NAME=value` that every Dockerfile which declares the argument has as its default. */
function settledByDefaults(
  found: readonly FoundDockerfile[],
  builds: readonly GivenBuild[],
): readonly string[] {
  const dockerfiles = found.flatMap(({ content }) => (content.kind === 'read' ? content.dockerfile : []));
  return builds
    .filter((build) => build.dockerfiles.length === 0)
    .flatMap(({ args }) => Object.entries(args))
    .flatMap(([name, value]) => {
      const defaults = dockerfiles
        .flatMap((each) => defaultsOf(each, name))
        .filter((each) => each !== undefined);
      return defaults.length > 0 && defaults.every((each) => each === value) ? [`${name}=${value}`] : [];
    });
}

async function anyExists(root: string, files: readonly string[]): Promise<boolean> {
  const there = await Promise.all(
    files.map((file) =>
      lstat(path.join(root, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return there.includes(true);
}

function settingsOf({ args, target, lost }: GivenBuild, taken: ReadonlySet<string>): string {
  const given = Object.entries(args).flatMap(([name, value]) =>
    taken.has(`${name}=${value}`) ? [] : [`${name}=${value}`],
  );
  return [...given, ...(target === undefined ? [] : [`target ${target}`]), ...lost].join(', ');
}

/** One for the whole tree: the entries hold the rest as comments. */
export function lostWarnings(images: readonly ReadImage[]): readonly Diagnostic[] {
  const lost = images.filter(({ recipe }) => recipe.lost.length > 0);
  const several = images.filter(({ recipe }) => recipe.ways.length > 0);
  const help = `each is a comment at its image in ${matrixFile}`;
  return [
    ...(lost.length === 0
      ? []
      : [
          usageWarning(
            'build-not-taken-over',
            `of how these are built, something is not taken over: ${named(lost)}`,
            undefined,
            { help },
          ),
        ]),
    ...(several.length === 0
      ? []
      : [
          usageWarning(
            'several-builds',
            `these are built in several ways, each an image of its own: ${named(several)}`,
            undefined,
            { help: `take over the lines that are comments in ${matrixFile}` },
          ),
        ]),
  ];
}

function named(images: readonly ReadImage[]): string {
  return images.map(({ name }) => `\`${name}\``).join(', ');
}
