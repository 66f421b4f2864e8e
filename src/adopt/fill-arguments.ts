/**
 * Values for arguments that a Dockerfile leaves to whoever builds it: `FROM $REGISTRY/base:$VERSION`. Those that only
 * complete a published name may be anything, as long as all images say the same; others are not made up. Pure.
 */
import type { ParsedDockerfile } from '../graph/parsed-dockerfile.ts';

/** By words of an argument's name; what is not in here could name an image itself. */
const values: readonly (readonly [RegExp, string])[] = [
  [/(?:^|_)(?:tag|version|ver|release|revision)(?:_|$)/i, 'latest'],
  [/(?:^|_)(?:registry|host|domain)(?:_|$)/i, 'registry.local/family'],
  [/(?:^|_)(?:owner|org|organi[sz]ation|project|namespace|user|group)(?:_|$)/i, 'family'],
];

/** Made-up values of the arguments that a FROM draws on and nobody gives a value; empty where none can be made up. */
export function madeUpArguments(
  dockerfile: ParsedDockerfile,
  given: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    dockerfile.globalArgs.flatMap(({ name, defaultText }) => {
      const value = values.find(([pattern]) => pattern.test(name))?.[1];
      const counts = isDrawnOn(dockerfile, name);
      return defaultText === undefined && !Object.hasOwn(given, name) && value !== undefined && counts
        ? [[name, value]]
        : [];
    }),
  );
}

/** True where a FROM draws on an argument, or the default of another global one does. */
export function isDrawnOn({ globalArgs, stages }: ParsedDockerfile, name: string): boolean {
  const texts = [
    ...stages.map(({ base }) => base.text),
    ...globalArgs.flatMap(({ defaultText }) => defaultText ?? []),
  ];
  return texts.some((text) => drawsOn(text, name));
}

/** True where a text would be another with another value of one of the arguments, directly or through a default. */
export function isMadeUp(text: string, dockerfile: ParsedDockerfile, names: readonly string[]): boolean {
  const tainted = new Set(names);
  for (const { name, defaultText } of dockerfile.globalArgs) {
    if (defaultText !== undefined && [...tainted].some((each) => drawsOn(defaultText, each)))
      tainted.add(name);
  }
  return [...tainted].some((name) => drawsOn(text, name));
}

/** True for a place of which a part was made up. */
export function isMadeUpPlace(place: string): boolean {
  return place.startsWith('registry.local/') || place.split('/').includes('family');
}

function drawsOn(text: string, name: string): boolean {
  const word = RegExp.escape(name);
  return new RegExp(`\\$(?:${word}(?![A-Za-z0-9_])|\\{${word}[^A-Za-z0-9_])`).test(text);
}
