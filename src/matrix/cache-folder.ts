/**
 * Where this user's programs keep what can be had again (XDG Base Directory Specification), and files of ours in it,
 * one of each kind for each repository: whatever happens to a checkout, the next one at its place finds it. Losing
 * one costs time, never truth; no trouble with it is told.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/** Repositories that are remembered. */
const mostFiles = 64;

export interface CachePlace {
  readonly folder: string;
  /** What the file holds: the name of its folder. */
  readonly kind: string;
  /** Absolute path. */
  readonly repository: string;
}

/** Where caches are kept; undefined where the environment names no place for them. */
export function cacheFolderOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['XDG_CACHE_HOME'] ?? '';
  // The specification: a path that is not absolute is to be ignored.
  if (path.isAbsolute(named)) return path.join(named, 'hubwright');
  const home = env['HOME'] ?? '';
  return path.isAbsolute(home) ? path.join(home, '.cache', 'hubwright') : undefined;
}

/** A home directory may be the repository, and a cache within a context would make each run a change. */
export function liesOutside(repository: string, folder: string): boolean {
  return path.relative(repository, folder).startsWith('..');
}

function fileOf({ folder, kind, repository }: CachePlace): string {
  const id = createHash('sha256').update(repository).digest('hex').slice(0, 32);
  return path.join(folder, kind, id);
}

/** The text that was kept; undefined where none was, and where somebody else may have written it: it is believed. */
export function readCache(place: CachePlace): string | undefined {
  try {
    const file = openSync(fileOf(place), 'r');
    try {
      const { uid, mode } = fstatSync(file);
      const isOurs = uid === process.geteuid?.() && (mode & 0o022) === 0;
      return isOurs ? readFileSync(file, 'utf8') : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Keeps a text, for all at once; where the folder cannot be written to, nothing is kept. */
export async function keepCache(place: CachePlace, text: string): Promise<void> {
  try {
    // Most runs have learned nothing.
    const { default: writeFileAtomic } = await import('write-file-atomic');
    const file = fileOf(place);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, text, { fsync: false, mode: 0o600 });
    await removeOldest(path.dirname(file));
  } catch {
    // A full or read-only disk: the next run finds it out again.
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= mostFiles) return;
  const files = await Promise.all(
    names.map(async (name) => ({ name, written: (await stat(path.join(folder, name))).mtimeMs })),
  );
  const oldest = files.toSorted((a, b) => a.written - b.written).slice(0, files.length - mostFiles);
  for (const { name } of oldest) await rm(path.join(folder, name), { force: true });
}
