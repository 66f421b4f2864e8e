/** Asks a running container which Python packages it has, as its own server would find them. Judges nothing. */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';
import { printable } from './evidence.ts';
import type { Versions } from './verdict.ts';

const maxBytes = 256 * 1024;
const budgetMs = 20_000;

/** An image may hold thousands of packages; that many are kept. */
const mostPackages = 2000;

/**
 * One line each: Python's own version, then `name version`. They stand at the head of a file that goes on for pages of
 * description. Python's own module for this (importlib.metadata) takes longer to load than all of it to read; it is
 * asked where packages lie in archives.
 */
const program = `
import os, sys
print("", sys.version.split()[0])
def told(path):
    words = {}
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                key, _, value = line.partition(":")
                if key in ("Name", "Version"): words.setdefault(key, value.strip())
                if len(words) == 2 or not line.strip(): break
    except OSError: pass
    return words
archives = False
for folder in sys.path:
    archives |= folder.endswith(".egg") or os.path.isfile(folder)
    try: entries = list(os.scandir(folder or "."))
    except OSError: continue
    for entry in entries:
        stem, ending = os.path.splitext(entry.name)
        if ending not in (".dist-info", ".egg-info"): continue
        file = os.path.join(entry.path, "METADATA" if ending == ".dist-info" else "PKG-INFO")
        words = told(entry.path if entry.is_file() else file)
        name, _, version = stem.partition("-")
        print(words.get("Name") or name, words.get("Version") or version)
if archives:
    from importlib.metadata import distributions
    for each in distributions(): print(each.metadata["Name"], each.version)
`;

/** The interpreter that runs the server, by its first line; else whichever is on PATH. */
const script = `
for server in jupyterhub-singleuser jupyterhub jupyter-lab; do
  path=$(command -v "$server") || continue
  IFS= read -r first < "$path" || continue
  case $first in '#!'*python*) python=\${first#??}; break ;; esac
done
exec \${python:-python3} -c "$1"
`;

/** Undefined where it has no Python, has ended, or does not answer in time. Only engine trouble is an error. */
export async function versionsInside(
  engine: ContainerEngine,
  containerId: string,
  signal: AbortSignal,
): Promise<Result<Versions | undefined, EngineError>> {
  const budget = AbortSignal.timeout(budgetMs);
  const command = ['/bin/sh', '-c', script, 'versions', program];
  const asked = await engine.exec(containerId, command, { maxBytes }, AbortSignal.any([signal, budget]));
  if (asked.ok) return ok(asked.value.exitCode === 0 ? parseVersions(asked.value.stdout) : undefined);
  const { kind } = asked.error;
  if (signal.aborted || kind === 'unreachable') return asked;
  return ok(undefined);
}

/** Reads the program's lines; a package that is there twice counts by the first, which is what Python imports. */
export function parseVersions(text: string): Versions {
  const found = new Map<string, string>();
  for (const line of printable(text).split('\n')) {
    const [name, version] = line.trimEnd().split(' ');
    if (name === undefined || version === undefined || found.has(normalized(name))) continue;
    if (found.size < mostPackages) found.set(normalized(name), version.slice(0, 100));
  }
  const python = found.get('');
  found.delete('');
  const packages = Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return { ...(python === undefined ? {} : { python }), packages };
}

/** Names of packages are compared so (Python packaging specifications, "Names and normalization"). */
function normalized(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[-_.]+/g, '-')
    .slice(0, 100);
}
