/**
 * How an image was built until now, as a Makefile, a compose file, a bake file or a workflow says it. Only what is
 * written there as it is counts: what depends on a variable that nobody wrote a value for is told, and not guessed.
 */
import path from 'node:path';
import type { Written } from './written-text.ts';

/** A build as it stands in a file; paths as they are written. */
export interface WrittenBuild {
  /** What the file calls it: a target of bake, a service. */
  readonly name?: string;
  /** `Makefile:12`. */
  readonly place: string;
  /** Where its paths start, from the root; undefined where that cannot be told. */
  readonly folder: string | undefined;
  readonly context: Written | undefined;
  readonly dockerfile: Written | undefined;
  /** What the path of the Dockerfile starts from: docker's own command takes the folder, compose and bake the context. */
  readonly dockerfileFrom: 'folder' | 'context';
  readonly target: Written | undefined;
  /** By name; one without a value comes from the environment. */
  readonly args: readonly (readonly [string, Written | undefined])[];
  /** Names that this build alone gives to other images or folders; an argument with such a value means nothing elsewhere. */
  readonly aliases?: readonly string[];
  readonly tags: readonly Written[];
  /** What has no place in `args:` and `target:`, as it is written. */
  readonly others: readonly string[];
}

export interface GivenBuild {
  readonly place: string;
  /** A name for its image: what the file calls it, or the last word of its tag. */
  readonly name: string | undefined;
  /** Paths from the root that its Dockerfile may have, the likeliest first; none where it cannot be told. */
  readonly dockerfiles: readonly string[];
  readonly context: string | undefined;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Arguments whose values are not known. */
  readonly open: ReadonlySet<string>;
  /** References that its image was called by. */
  readonly tags: readonly string[];
  /** What of it is not taken over, as it is written. */
  readonly lost: readonly string[];
}

/** An image that is built of files which are not in the tree. */
export interface RemoteBuild {
  readonly place: string;
  /** The repository or archive, as it is written. */
  readonly source: string;
  /** References that its image is called by. */
  readonly tags: readonly string[];
}

/** What docker fetches a context from; `github.com/` stands for a repository even without a scheme. */
const remote = /^(?:https?:|git@|ssh:|git:|github\.com\/)/;

/** Set where a build takes its files from elsewhere. */
export function remoteBuild({ place, context, tags }: WrittenBuild): RemoteBuild | undefined {
  const source = context?.value ?? '';
  return remote.test(source) ? { place, source, tags: tags.flatMap(({ value }) => value ?? []) } : undefined;
}

/** What can be told of a build with confidence; undefined for one of something else than this tree. */
export function givenBuild(build: WrittenBuild): GivenBuild | undefined {
  const { place, target, args, tags, others } = build;
  if (build.context?.value === '-' || remoteBuild(build) !== undefined) return undefined;
  const context = pathFrom(build.folder, build.context ?? { text: '.', value: '.' });
  const aliases = new Set(build.aliases);
  const isKnown = (written: Written | undefined): written is Written & { readonly value: string } =>
    written?.value !== undefined && !aliases.has(written.value);
  const known = args.flatMap(([name, written]): [string, string][] =>
    isKnown(written) ? [[name, written.value]] : [],
  );
  const [tag] = tags.flatMap(({ value }) => value ?? []);
  return {
    place,
    name: build.name ?? tag?.replace(/[:@][^/]*$/, '').replace(/^.*\//, ''),
    dockerfiles: dockerfilesOf(build, context),
    context,
    target: target?.value,
    args: Object.fromEntries(known),
    open: new Set(args.flatMap(([name, written]) => (isKnown(written) ? [] : [name]))),
    tags: tags.flatMap(({ value }) => value ?? []),
    lost: [
      ...(target !== undefined && target.value === undefined ? [`target ${target.text}`] : []),
      ...args.flatMap(([name, written]) =>
        isKnown(written) ? [] : [`${name}=${written?.text ?? '(from the environment)'}`],
      ),
      ...others,
    ],
  };
}

function dockerfilesOf(
  { dockerfile, dockerfileFrom, folder }: WrittenBuild,
  context: string | undefined,
): readonly string[] {
  if (dockerfile === undefined)
    return context === undefined
      ? []
      : ['Dockerfile', 'Containerfile'].map((name) => path.posix.join(context, name));
  const file = pathFrom(dockerfileFrom === 'folder' ? folder : context, dockerfile);
  return file === undefined ? [] : [file];
}

/** A path within the root; undefined where it is not known, or leads out of it. */
function pathFrom(folder: string | undefined, { value }: Written): string | undefined {
  if (folder === undefined || value === undefined || path.posix.isAbsolute(value)) return undefined;
  const joined = path.posix.join(folder, value).replace(/(?<=.)\/$/, '');
  return joined === '..' || joined.startsWith('../') ? undefined : joined;
}
