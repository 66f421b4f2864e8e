/**
 * Lets go of what this machine remembers of images that the family no longer has: their durations, the inputs of
 * their last builds, and what their last tests found. Images that exist are not its business: remembered-inputs.ts bounds what is kept of each.
 */
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { memoryDirectory, verdictFile } from './memory.ts';

/** Names of remembered images that are not in `family` and were last built so long ago; in code-unit order. */
export async function forgettableImages(
  directory: string,
  family: ReadonlySet<string>,
  now: number,
  olderThanMs: number,
): Promise<readonly string[]> {
  const folder = memoryDirectory(directory);
  const files = await readdir(folder).catch(() => []);
  const gone = new Set(files.map((file) => path.basename(file, '.json')).filter((name) => !family.has(name)));
  const dated = await Promise.all(
    [...gone].map(async (name) => ({ name, written: await lastWritten(folder, name) })),
  );
  return dated
    .filter(({ written }) => now - written >= olderThanMs)
    .map(({ name }) => name)
    .toSorted();
}

/** Forgets these images; one that is forgotten already is no trouble. */
export async function forgetImages(directory: string, names: readonly string[]): Promise<void> {
  const folder = memoryDirectory(directory);
  for (const name of names) {
    await rm(path.join(folder, `${name}.json`), { force: true });
    await rm(path.join(folder, name), { recursive: true, force: true });
    await rm(verdictFile(directory, name), { force: true });
  }
}

/** When the younger of the two was written: each build writes both. */
async function lastWritten(folder: string, name: string): Promise<number> {
  const times = await Promise.all(
    [`${name}.json`, name].map(
      async (file) => (await stat(path.join(folder, file)).catch(() => undefined))?.mtimeMs ?? 0,
    ),
  );
  return Math.max(...times);
}
