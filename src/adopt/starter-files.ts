/**
 * The files of a first family: what `build init` puts into an empty folder. They lie, as they are written, in
 * starter/; this module only knows where each belongs, and that nothing may be overwritten.
 */
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { usageError } from '../matrix/usage-error.ts';

const starter = path.join(import.meta.dirname, 'starter');

/** Files by where they belong; git would follow one called .gitignore in the starter itself. */
const files: readonly (readonly [string, string])[] = [
  ['matrix.yaml', 'matrix.yaml'],
  ['courses.yaml', 'courses.yaml'],
  ['images/base/Dockerfile', 'images/base/Dockerfile'],
  ['images/course/Dockerfile', 'images/course/Dockerfile'],
];
const ignoreFile = ['.gitignore', 'gitignore'] as const;

export interface WrittenStarter {
  readonly files: readonly string[];
  /** Lines that an existing .gitignore lacks. */
  readonly unignored: readonly string[];
}

/**
 * Writes the starter into a folder, which is made where it is missing. Errors: each file that is in the way, all of
 * them together; then nothing is written. A .gitignore that is there is left as it is.
 */
export async function writeStarter(
  directory: string,
): Promise<Result<WrittenStarter, readonly Diagnostic[]>> {
  const inTheWay = await existing(
    directory,
    files.map(([target]) => target),
  );
  if (inTheWay.length > 0) return err(inTheWay.map(fileInTheWay));
  const lacking = await unignored(directory);
  const written = lacking === undefined ? [...files, ignoreFile] : files;
  for (const [target, source] of written) {
    const file = path.join(directory, target);
    await mkdir(path.dirname(file), { recursive: true });
    // `wx`: what came into being since is not overwritten either.
    await writeFile(file, await readFile(path.join(starter, source)), { flag: 'wx' });
  }
  return ok({ files: written.map(([target]) => target), unignored: lacking ?? [] });
}

/** Lines that the folder's .gitignore lacks; undefined where it has none. */
export async function unignored(directory: string): Promise<readonly string[] | undefined> {
  const ignore = await readFile(path.join(directory, ignoreFile[0]), 'utf8').catch(() => undefined);
  const wanted = await readFile(path.join(starter, ignoreFile[1]), 'utf8');
  const there = ignore?.split(/\r?\n/);
  return there && wanted.split('\n').filter((line) => line !== '' && !there.includes(line));
}

/** Those of the paths that exist, dangling links included. */
export async function existing(directory: string, paths: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map(async (each) =>
      (await lstat(path.join(directory, each)).catch(() => undefined)) === undefined ? [] : [each],
    ),
  );
  return found.flat();
}

/** A file that would have to be overwritten, and is not. */
export function fileInTheWay(file: string): Diagnostic {
  return usageError('file-in-the-way', `\`${file}\` is there already`, undefined, {
    help: 'nothing was written: `build init` overwrites no file',
  });
}
