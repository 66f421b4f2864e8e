/** Finds the repository that a command works on. */
import { existsSync } from 'node:fs';
import path from 'node:path';

export const matrixFile = 'matrix.yaml';

/** The folder named by `--directory`, else the nearest one upwards that holds matrix.yaml, else hubwright's own. */
export function findRepository(named: string | undefined, cwd: string, home: string): string {
  if (named !== undefined) return path.resolve(cwd, named);
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, matrixFile))) return folder;
    if (folder === path.dirname(folder)) return home;
  }
}
