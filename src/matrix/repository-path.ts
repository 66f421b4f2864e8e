/**
 * Paths in the user's files: with forward slashes, and never out of the repository. In matrix.yaml they are relative to
 * its root, in a file that it includes to that file's folder.
 * The text alone is judged here; symbolic links are followed by tree.ts.
 */
import { posix } from 'node:path';

export type RepositoryPath =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'invalid'; readonly code: string; readonly message: string };

/**
 * Normalises a path (`./a//b/` → `a/b`), or says why it cannot be one of the repository's. Total.
 * `folder` is the one that the path is relative to, itself relative to the root.
 */
export function parseRepositoryPath(text: string, folder = '.'): RepositoryPath {
  if (text === '') return invalid('invalid-path', 'the path is empty');
  if (text.startsWith('-')) return invalid('invalid-path', `the path \`${text}\` begins with \`-\``);
  if (/[\\\p{Cc}]/u.test(text))
    return invalid('invalid-path', 'a path has no backslashes or control characters');
  if (text.startsWith('/') || text === '~' || text.startsWith('~/')) {
    return invalid('path-leaves-repository', `the path \`${text}\` is absolute`);
  }
  const path = posix.join(folder, text).replace(/\/$/, '');
  if (path === '..' || path.startsWith('../')) {
    return invalid('path-leaves-repository', `the path \`${text}\` leaves the repository`);
  }
  return { kind: 'path', path };
}

function invalid(code: string, message: string): RepositoryPath {
  return { kind: 'invalid', code, message };
}

/** The folder of a file, as paths in that file are relative to it. */
export function folderOf(file: string): string {
  return posix.dirname(file);
}

/** Help for a path that is absolute or leaves the repository. */
export function pathHelp(folder = '.'): string {
  return `give a path inside the repository, relative to ${folder === '.' ? 'its root' : `\`${folder}\``}`;
}
