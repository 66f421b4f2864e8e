/** What differs between two images, as far as anybody who uses them can tell. Pure. */
import type { Contents } from './contents.ts';

/** A package that came, went, or is another version. */
export interface PackageMove {
  /** Package URL without a version: `pkg:deb/curl?arch=amd64`. */
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export interface Difference {
  /** By name. */
  readonly packages: readonly PackageMove[];
  /** What of the image's configuration differs: `user`, `env PATH`. */
  readonly config: readonly string[];
  readonly files: {
    readonly count: number;
    /** The first paths that differ. */
    readonly examples: readonly string[];
  };
}

const shownFiles = 5;

/** What is another in `fresh` than in `published`; undefined where they are equal. */
export function differenceOf(published: Contents, fresh: Contents): Difference | undefined {
  const packages = differing(published.packages, fresh.packages).map((name) => ({
    name,
    from: published.packages.get(name),
    to: fresh.packages.get(name),
  }));
  const config = differing(published.config, fresh.config);
  const files = differing(published.files, fresh.files);
  if (packages.length + config.length + files.length === 0) return undefined;
  return { packages, config, files: { count: files.length, examples: files.slice(0, shownFiles) } };
}

/** Names whose values are not the same in both, in code-unit order. */
export function differing(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): readonly string[] {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => one.get(name) !== other.get(name)).toSorted((a, b) => (a < b ? -1 : 1));
}
