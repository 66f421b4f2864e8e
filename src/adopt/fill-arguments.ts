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

/** Made-up values of the arguments without a default that a FROM draws on; empty where none can be made up. */
export function madeUpArguments(dockerfile: ParsedDockerfile): Readonly<Record<string, string>> {
  const used = dockerfile.stages.map(({ base }) => base.text);
  const defaults = dockerfile.globalArgs.flatMap(({ defaultText }) => defaultText ?? []);
  return Object.fromEntries(
    dockerfile.globalArgs.flatMap(({ name, defaultText }) => {
      const value = values.find(([pattern]) => pattern.test(name))?.[1];
      const counts = [...used, ...defaults].some((text) => drawsOn(text, name));
      return defaultText === undefined && value !== undefined && counts ? [[name, value]] : [];
    }),
  );
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
