/**
 * The values of a definition's axes: written out in matrix.yaml, or one for each entry of courses.yaml.
 */
import type { SourceSpan } from '../core/diagnostic.ts';
import type { Check } from './check.ts';
import { imageNameHelp, isImageName } from './check.ts';
import { isValidGitRef, parseGitAddress } from './git-address.ts';
import type { GitReference, Lock } from './image-set.ts';
import type { KeptValues } from './kept-values.ts';
import { parseRepositoryPath, pathHelp } from './repository-path.ts';
import { readShape } from './read-shape.ts';
import type { Course } from './schema.ts';
import { usageError, usageWarning } from './usage-error.ts';
import type { YamlPath } from './yaml-source.ts';

export interface AxisValue {
  readonly name: string;
  /** What `{axis.field}` gives; an absent optional field is not in here. */
  readonly fields: ReadonlyMap<string, string>;
}

export interface Axis {
  readonly name: string;
  readonly fields: readonly string[];
  /** True where the values come from a file, which teachers edit. */
  readonly fromFile: boolean;
  /** Those that are right; of a file that could not be used, none. */
  readonly values: readonly AxisValue[];
  /** False where values were left out; placeholders can be checked all the same. */
  readonly complete: boolean;
}

/** Fields of an entry of courses.yaml that placeholders may name. */
export const courseFields = ['name', 'repo', 'ref', 'base', 'commit'] as const;

/** A course's `base` with the place where it stands; whether it exists is known only when all images are. */
export interface CourseBase {
  readonly base: string;
  readonly check: Check;
  readonly path: YamlPath;
}

/** A course's git repository that lies in ours; whether it exists is asked of the disk. */
export interface CourseRepository {
  readonly folder: string;
  readonly span: SourceSpan;
}

/** What could be had of an axis's values. */
export type AxisValues = Pick<Axis, 'values' | 'complete'>;

/** Values written out in matrix.yaml: distinct, and fit for an image's name; what is neither is told and left out. */
export function literalAxisValues(check: Check, path: YamlPath, names: readonly string[]): AxisValues {
  if (names.length === 0) {
    check.findings.add(
      usageError(
        'empty-axis',
        `the axis \`${String(path.at(-1))}\` has no values`,
        check.source.valueSpan(path),
      ),
    );
  }
  const right = rightNames(check, names, (index) => [...path, index]);
  const values = names
    .filter((_, index) => right.has(index))
    .map((name): AxisValue => ({ name, fields: new Map() }));
  return { values, complete: right.size === names.length };
}

/** What a file of courses holds. */
export interface CourseFile extends AxisValues {
  readonly bases: readonly CourseBase[];
  readonly repositories: readonly CourseRepository[];
  readonly clones: readonly GitReference[];
}

/** The courses of a file; entries that are wrong are told and left out. Undefined where it is no list at all. */
export function courseValues(check: Check, lock: Lock, values?: KeptValues): CourseFile | undefined {
  const reading = readShape('coursesSchema', check.source, () => 1, values);
  check.findings.add(...reading.diagnostics);
  if (!Array.isArray(check.source.value)) return undefined;
  const entries: readonly unknown[] = check.source.value;
  const wrong = new Set(reading.dropped.map((path) => path[0]));
  const courses = entries.flatMap((entry, index) =>
    // What was not left out has the shape.
    wrong.has(index) ? [] : [{ index, course: entry as Course }],
  );
  const right = rightNames(
    check,
    courses.map(({ course }) => course.name),
    (at) => [courses[at]?.index ?? 0, 'name'],
  );
  const repositories = courses.flatMap(({ course, index }) => checkCourse(check, course, index, lock));
  return {
    values: courses
      .filter((_, at) => right.has(at))
      .map(({ course }) => ({ name: course.name, fields: fieldsOf(course, lock) })),
    complete: right.size === entries.length,
    bases: courses.flatMap(({ course, index }) =>
      course.base === undefined ? [] : [{ base: course.base, check, path: [index, 'base'] }],
    ),
    repositories,
    clones: courses.flatMap(({ course }) =>
      course.clone === true ? [{ key: lockedRefOf(course), url: course.repo, ref: course.ref }] : [],
    ),
  };
}

function fieldsOf(course: Course, lock: Lock): ReadonlyMap<string, string> {
  const commit = course.clone === true ? lock.git[lockedRefOf(course)] : undefined;
  const { name, repo, ref, base } = course;
  return new Map(
    Object.entries({ name, repo, ref, base, commit }).flatMap(([field, value]) =>
      value === undefined || value === '' ? [] : [[field, value]],
    ),
  );
}

/** The key under `git:` in matrix.lock of a course's repository. */
function lockedRefOf(course: { readonly repo: string; readonly ref?: string | undefined }): string {
  return `${course.repo}#${course.ref ?? 'HEAD'}`;
}

/** Places in the list of the names that can be used. */
function rightNames(
  check: Check,
  names: readonly string[],
  pathOf: (index: number) => YamlPath,
): ReadonlySet<number> {
  const right = new Set<number>();
  const first = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const earlier = first.get(name);
    if (earlier !== undefined) {
      const span = check.source.valueSpan(pathOf(index));
      const notes = [{ message: 'it was first written here', span: check.source.valueSpan(pathOf(earlier)) }];
      check.findings.add(usageError('duplicate-value', `\`${name}\` stands here twice`, span, { notes }));
      continue;
    }
    first.set(name, index);
    if (isImageName(name)) {
      right.add(index);
      continue;
    }
    const span = check.source.valueSpan(pathOf(index));
    check.findings.add(
      usageError('invalid-name', `\`${name}\` cannot be part of an image's name`, span, {
        help: imageNameHelp(name),
      }),
    );
  }
  return right;
}

/** Checks an entry's address and ref; what comes back is its repository where that is a path of ours. */
function checkCourse(check: Check, course: Course, index: number, lock: Lock): readonly CourseRepository[] {
  if (course.ref !== undefined && !isValidGitRef(course.ref)) {
    const message = course.ref.startsWith('-')
      ? 'a git ref cannot begin with `-`'
      : `\`${course.ref}\` is no valid git ref`;
    check.findings.add(
      usageError('invalid-git-ref', message, check.source.valueSpan([index, 'ref']), {
        help: 'name a branch, a tag or a commit',
      }),
    );
  }
  if (course.clone === true && lock.git[lockedRefOf(course)] === undefined) {
    check.findings.add(
      usageWarning(
        'unlocked-clone',
        `\`${course.name}\` asks for a clone, but matrix.lock has no commit for it`,
        check.source.keySpan([index, 'clone']),
        { help: 'run `build lock`; until then nothing is cloned' },
      ),
    );
  }
  return checkAddress(check, course.repo, [index, 'repo']);
}

function checkAddress(check: Check, text: string, path: YamlPath): readonly CourseRepository[] {
  const address = parseGitAddress(text);
  if (address.kind === 'remote') return [];
  const span = check.source.valueSpan(path);
  if (address.kind === 'invalid') {
    check.findings.add(usageError('invalid-git-address', address.message, span, { help: address.help }));
    return [];
  }
  const inside = parseRepositoryPath(address.path);
  if (inside.kind === 'path') return [{ folder: inside.path, span }];
  check.findings.add(usageError(inside.code, inside.message, span, { help: pathHelp() }));
  return [];
}
