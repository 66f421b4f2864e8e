/** Finds the repository that a command works on. */
import { existsSync } from 'node:fs';
import path from 'node:path';

export const matrixFile = 'matrix.yaml';

/**
 * The folder named by `--directory`, else the nearest one upwards that holds matrix.yaml, else the one that the user
 * stands in: whoever reads there tells what is missing. Never another repository than the user's own.
 */
export function findRepository(named: string | undefined, cwd: string): string {
  return named === undefined ? (nearest(cwd) ?? cwd) : path.resolve(cwd, named);
}

/** False where no repository is named or near: for commands that can do without. */
export function hasRepository(named: string | undefined, cwd: string): boolean {
  return named !== undefined || nearest(cwd) !== undefined;
}

function nearest(cwd: string): string | undefined {
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, matrixFile))) return folder;
    if (folder === path.dirname(folder)) return undefined;
  }
}
