/**
 * Finds the files that hold a family's courses, and what its matrix.yaml makes of each. Reads files, edits none.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
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
 * The lists that a family takes courses from, by whichever of its files they are named, or the one that is `wanted`.
 * Errors: what is wrong with matrix.yaml, or that it takes courses from nowhere, or not from there.
 */
export async function findCourseFiles(
  directory: string,
  environment: Environment,
  wanted?: string,
): Promise<Result<readonly [CourseFile, ...CourseFile[]], readonly Diagnostic[]>> {
  const matrix = await readMatrix(directory, new Findings());
  const places = matrix === undefined ? new Map<string, readonly YamlPath[]>() : axisFilesOf(matrix);
  if (matrix === undefined || places.size === 0) {
    const loaded = await loadMatrix(directory, environment);
    return loaded.ok ? err([noCourses()]) : loaded;
  }
  const names = [...places.keys()];
  const chosen = wanted === undefined ? names : names.filter((each) => each === path.posix.normalize(wanted));
  const files: CourseFile[] = [];
  for (const file of chosen) {
    const uses = (places.get(file) ?? []).flatMap((place) => useAt(matrix, place));
    const text = await readText(path.join(directory, file));
    if (text === undefined) return err([unreadable(file)]);
    files.push({ file, text, uses });
  }
  const [first, ...rest] = files;
  return first === undefined ? err([otherFile(wanted ?? '', names)]) : ok([first, ...rest]);
}

/** The one that a new course goes to: `courses.yaml` where several are, else the only one. */
export function fileForNew(
  files: readonly [CourseFile, ...CourseFile[]],
): Result<CourseFile, readonly Diagnostic[]> {
  const usual = files.find(({ file }) => file === usualFile);
  if (usual !== undefined || files.length === 1) return ok(usual ?? files[0]);
  return err([severalFiles(files.map(({ file }) => file))]);
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
  return usageError('several-lists', 'courses come from several lists', undefined, {
    help: `say which with \`--file\`: ${quoted(files)}`,
  });
}

function otherFile(wanted: string, files: readonly string[]): Diagnostic {
  return usageError('no-courses', `no definition takes courses from \`${wanted}\``, undefined, {
    help: didYouMean(wanted, files) ?? `they come from ${quoted(files)}`,
  });
}

/** A course that is in several lists: nobody but the user knows which is meant. */
export function inSeveralFiles(name: string, files: readonly string[]): Diagnostic {
  return usageError('several-lists', `\`${name}\` stands in several lists`, undefined, {
    help: `say which with \`--file\`: ${quoted(files)}`,
  });
}

function quoted(files: readonly string[]): string {
  return files.map((each) => `\`${each}\``).join(', ');
}
