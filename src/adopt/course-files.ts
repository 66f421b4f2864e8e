/**
 * Finds the file that holds a family's courses, and what its matrix.yaml makes of each. Reads files, edits none.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { Findings } from '../matrix/check.ts';
import { loadMatrix, matrixFile, readMatrix } from '../matrix/load-matrix.ts';
import { axisFilesOf, type MatrixReading } from '../matrix/matrix.ts';
import { usageError } from '../matrix/usage-error.ts';
import type { YamlPath } from '../matrix/yaml-source.ts';
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
  /** The context from the root, with its placeholders. */
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
  const matrix = await readMatrix(directory, new Findings());
  if (matrix === undefined) {
    const loaded = await loadMatrix(directory, environment);
    return loaded.ok ? err([noCourses()]) : loaded;
  }
  const files = axisFilesOf(matrix);
  const names = [...files.keys()];
  const chosen = names.find((each) => each === usualFile) ?? names[0];
  if (chosen === undefined) return err([noCourses()]);
  if (names.length > 1 && chosen !== usualFile) return err([severalFiles(names)]);
  const uses = (files.get(chosen) ?? []).flatMap((place) => useAt(matrix, place));
  const text = await readText(path.join(directory, chosen));
  return text === undefined ? err([unreadable(chosen)]) : ok({ file: chosen, text, uses });
}

/** The definition and the axis that a place in matrix.yaml belongs to: `images`, definition, `axes`, axis, `from`. */
function useAt({ source, content }: MatrixReading, place: YamlPath): readonly CourseUse[] {
  const [, definition = '', , axis = ''] = place.map(String);
  const entry = content.images[definition];
  if (entry === undefined || 'mirror' in entry) return [];
  const folder = path.posix.dirname(source.fileOf(place));
  return [{ definition, axis, context: path.posix.join(folder, entry.context) }];
}

/** The folders that a course has of its own, by the contexts that name it; they may not exist. */
export function courseFolders(uses: readonly CourseUse[], name: string): readonly string[] {
  const folders = uses.flatMap(({ axis, context }) => {
    const folder = context.replaceAll(`{${axis}}`, name).replaceAll(`{${axis}.name}`, name);
    return folder === context || folder.includes('{')
      ? []
      : [path.posix.normalize(folder).replace(/\/$/, '')];
  });
  return [...new Set(folders)];
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
