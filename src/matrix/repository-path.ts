/**
 * Paths in the user's files: always relative to the repository's root, with forward slashes, and never out of it.
 * The text alone is judged here; symbolic links are followed by tree.ts.
 */
import { posix } from 'node:path';

export type RepositoryPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'invalid'; readonly code: string; readonly message: string };

/** Normalises a path (`./a//b/` → `a/b`), or says why it cannot be one of the repository's. Total. */
export function parseRepositoryPath(text: string): RepositoryPath {
  if (text === '') return invalid('invalid-path', 'the path is empty');
  if (text.startsWith('-')) return invalid('invalid-path', `the path \`${text}\` begins with \`-\``);
  if (/[\\\p{Cc}]/u.test(text))
    return invalid('invalid-path', 'a path has no backslashes or control characters');
  if (text.startsWith('/') || text === '~' || text.startsWith('~/')) {
    return invalid('path-leaves-repository', `the path \`${text}\` is absolute`);
  }
  const path = posix.normalize(text).replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) {
    return invalid('path-leaves-repository', `the path \`${text}\` leaves the repository`);
  }
  return { kind: 'path', path };
}

function invalid(code: string, message: string): RepositoryPath {
  return { kind: 'invalid', code, message };
}

/** Help for a path that is absolute or leaves the repository. */
export const pathHelp = 'give a path inside the repository, relative to its root';
