/**
 * Keeps a stat cache in the user's cache folder (XDG Base Directory Specification), one file for each repository:
 * whatever happens to a checkout, the next one at its place finds it. Losing it costs time, never truth; no trouble
 * with it is told.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { StatCache } from './stat-cache.ts';

/** Repositories that are remembered. */
const mostFiles = 64;

/** Where caches are kept; undefined where the environment names no place for them. */
export function cacheFolderOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['XDG_CACHE_HOME'] ?? '';
  // The specification: a path that is not absolute is to be ignored.
  if (path.isAbsolute(named)) return path.join(named, 'hubwright');
  const home = env['HOME'] ?? '';
  return path.isAbsolute(home) ? path.join(home, '.cache', 'hubwright') : undefined;
}

function fileOf(folder: string, repository: string): string {
  const id = createHash('sha256').update(repository).digest('hex').slice(0, 32);
  return path.join(folder, 'files', id);
}

/** What is remembered of the files of the repository at this absolute path; empty where nothing is. */
export function readStatCache(folder: string, repository: string): StatCache {
  try {
    return new StatCache(readFileSync(fileOf(folder, repository), 'utf8'));
  } catch {
    return new StatCache();
  }
}

/** Keeps what was learned, for all at once; where the folder cannot be written to, nothing is kept. */
export async function keepStatCache(folder: string, repository: string, cache: StatCache): Promise<void> {
  const text = cache.text();
  if (text === undefined) return;
  try {
    // Most runs have learned nothing.
    const { default: writeFileAtomic } = await import('write-file-atomic');
    const file = fileOf(folder, repository);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(file, text, { fsync: false, mode: 0o600 });
    await removeOldest(path.dirname(file));
  } catch {
    // A full or read-only disk: the next run reads the files again.
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
