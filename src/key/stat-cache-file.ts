/** Keeps a stat cache in the user's cache folder, one for each repository. */
import { keepCache, readCache } from '../matrix/cache-folder.ts';
import { StatCache } from './stat-cache.ts';

const kind = 'files';

/** What is remembered of the files of the repository at this absolute path; empty where nothing is. */
export function readStatCache(folder: string, repository: string): StatCache {
  return new StatCache(readCache({ folder, kind, repository }));
}

/** Keeps what was learned, for all at once; where the folder cannot be written to, nothing is kept. */
export async function keepStatCache(folder: string, repository: string, cache: StatCache): Promise<void> {
  const text = cache.text();
  if (text !== undefined) await keepCache({ folder, kind, repository }, text);
}
