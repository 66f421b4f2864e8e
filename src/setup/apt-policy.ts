/**
 * Reads what `apt-cache policy PACKAGE` prints: which versions of a package could be installed, from
 * which suites, at which priority. Pure text in, data out.
 */
import type { PackageVersion } from './requirement.ts';

/** The versions in apt's table, in its order (newest first); empty where apt does not know the package. */
export function parsePolicy(text: string): readonly PackageVersion[] {
  const versions: { version: string; priority: number; suites: string[] }[] = [];
  for (const line of text.split('\n')) {
    const version = /^ (?:\*\*\*| {3}) (\S+) (-?\d+)$/.exec(line);
    if (version !== null) {
      versions.push({ version: version[1] ?? '', priority: Number(version[2]), suites: [] });
      continue;
    }
    const source = /^ {8,}-?\d+ \S+ ([^/\s]+)\/\S+ \S+ Packages$/.exec(line);
    if (source !== null) versions.at(-1)?.suites.push(source[1] ?? '');
  }
  return versions;
}

/** The first number of a version, Debian's epoch left out: `26` of `26.1.5+dfsg1-9`; NaN where there is none. */
export function majorOf(version: string): number {
  return Number.parseInt(version.replace(/^\d+:/, '').replace(/^v/, ''), 10);
}
