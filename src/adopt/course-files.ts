/**
 * Finds the file that holds a family's courses, and what its matrix.yaml makes of each. Reads files, edits none.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { Findings } from '../matrix/check.ts';
import { loadMatrix, matrixFile } from '../matrix/load-matrix.ts';
import { axisFilesOf, readMatrixText } from '../matrix/matrix.ts';
import { parseRepositoryPath } from '../matrix/repository-path.ts';
import { usageError } from '../matrix/usage-error.ts';
import type { Environment } from './check-edit.ts';

/** Where courses stand. */
export interface CourseFile {
  /** Relative to the repository's root. */
  readonly file: string;
  /** Empty where the file does not exist. */
  readonly text: string;
  /** The definitions that have an image for each course. */
  readonly uses: readonly CourseUse[];
}

export interface CourseUse {
  readonly definition: string;
  readonly axis: string;
  /** The context as written, with its placeholders. */
  readonly context: string;
}

const usualFile = 'courses.yaml';

/**
 * The list that matrix.yaml takes its courses from: `courses.yaml` where several are, else the only one.
 * Errors: what is wrong with matrix.yaml, or that it takes courses from nowhere.
 */
export async function findCourseFile(
  directory: string,
  environment: Environment,
): Promise<Result<CourseFile, readonly Diagnostic[]>> {
  const text = await readFile(path.join(directory, matrixFile), 'utf8').catch(() => undefined);
  const matrix = text === undefined ? undefined : readMatrixText(matrixFile, text, new Findings());
  if (matrix === undefined) {
    const loaded = await loadMatrix(directory, environment);
    return loaded.ok ? err([noCourses()]) : loaded;
  }
  const files = [...axisFilesOf(matrix).keys()];
  const chosen = files.find((each) => normal(each) === usualFile) ?? files[0];
  if (chosen === undefined) return err([noCourses()]);
  if (files.length > 1 && normal(chosen) !== usualFile) return err([severalFiles(files)]);
  const uses = Object.entries(matrix.content.images).flatMap(([definition, entry]) =>
    'mirror' in entry
      ? []
      : Object.entries(entry.axes ?? {}).flatMap(([axis, values]) =>
          'from' in values && normal(values.from) === chosen
            ? [{ definition, axis, context: entry.context }]
            : [],
        ),
  );
  const file = normal(chosen);
  const read = await readText(path.join(directory, file));
  return read === undefined ? err([unreadable(file)]) : ok({ file, text: read, uses });
}

/** The folders that a course has of its own, by the contexts that name it; they may not exist. */
export function courseFolders(uses: readonly CourseUse[], name: string): readonly string[] {
  const folders = uses.flatMap(({ axis, context }) => {
    const folder = context.replaceAll(`{${axis}}`, name).replaceAll(`{${axis}.name}`, name);
    return folder === context || folder.includes('{') ? [] : [normal(folder)];
  });
  return [...new Set(folders)];
}

function normal(file: string): string {
  const parsed = parseRepositoryPath(file);
  return parsed.kind === 'path' ? parsed.path : file;
}

/** Empty where there is no file; undefined where it is there and cannot be read as text. */
async function readText(file: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? '' : undefined;
  }
}

function unreadable(file: string): Diagnostic {
  return usageError('unreadable-file', `\`${file}\` cannot be read as UTF-8 text`, undefined);
}

function noCourses(): Diagnostic {
  return usageError(
    'no-courses',
    `\`${matrixFile}\` has no definition that takes courses from a file`,
    undefined,
    {
      help: `give one the axis \`course: { from: ${usualFile} }\`; docs/matrix.md shows how`,
    },
  );
}

function severalFiles(files: readonly string[]): Diagnostic {
  const list = files.map((each) => `\`${each}\``).join(', ');
  return usageError(
    'no-courses',
    `none of the lists that axes are taken from is \`${usualFile}\``,
    undefined,
    {
      help: `edit the one you mean by hand: ${list}`,
    },
  );
}
