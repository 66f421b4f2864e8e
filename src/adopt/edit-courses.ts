/**
 * A course more, a course less: what the file would be, checked with the whole family. Writes nothing itself.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { nearName } from '../core/near-name.ts';
import { err, ok, type Result } from '../core/result.ts';
import { imageNameHelp, isImageName } from '../matrix/check.ts';
import { isValidGitRef, parseGitAddress } from '../matrix/git-address.ts';
import type { Image } from '../matrix/image-set.ts';
import { usageError } from '../matrix/usage-error.ts';
import { readYaml, type YamlSource } from '../matrix/yaml-source.ts';
import { familyAfter, isAboutEdit, type Environment } from './check-edit.ts';
import {
  courseFolders,
  fileForNew,
  findCourseFiles,
  inSeveralFiles,
  type CourseFile,
} from './course-files.ts';
import { appendEntry, removeEntry, type EditedList } from './yaml-list.ts';

export interface NewCourse {
  readonly name: string;
  readonly repo: string;
  readonly ref?: string | undefined;
  readonly base?: string | undefined;
  readonly clone: boolean;
}

/** An edit that may be written. */
export interface CourseEdit {
  /** Relative to the repository's root. */
  readonly file: string;
  readonly text: string;
  /** Images that come or go with the course. */
  readonly images: readonly string[];
  /** What `build images` calls these images together. */
  readonly selector: string;
  /** Folders that are the course's own, whether they exist or not. */
  readonly folders: readonly string[];
  /** What is to be said of the new lines. */
  readonly warnings: readonly Diagnostic[];
}

interface Repository {
  readonly directory: string;
  readonly environment: Environment;
  /** The list that is meant, where courses come from several. */
  readonly list?: string | undefined;
}

/** The file with one course more. Errors: arguments that cannot stand there, a name that is taken, a family that would not load. */
export async function courseAdded(
  { directory, environment, list }: Repository,
  course: NewCourse,
  signal: AbortSignal,
): Promise<Result<CourseEdit, readonly Diagnostic[]>> {
  const mistakes = argumentMistakes(course);
  const files = await findCourseFiles(directory, environment, list);
  const found = files.ok ? fileForNew(files.value) : files;
  if (!found.ok) return err([...mistakes, ...found.error]);
  const { file, text, uses } = found.value;
  const taken = coursesIn(found.value).find(({ name }) => name === course.name);
  if (taken !== undefined) mistakes.push(takenName(file, course.name, taken));
  if (mistakes.length > 0) return err(mistakes);

  const edit = textOf(appendEntry(text, entryOf(course)), found.value);
  if (!edit.ok) return edit;
  const after = await familyAfter(directory, environment, new Map([[file, edit.value]]), signal);
  if (!after.ok) {
    const errors = after.error.filter(({ severity }) => severity === 'error');
    return err(errors.map((each) => asArgument(each, found.value, edit.value)));
  }
  return ok({
    file,
    text: edit.value,
    images: imagesOf(after.value.set.images, uses, course.name),
    selector: `${uses[0]?.axis ?? ''}=${course.name}`,
    folders: courseFolders(uses, course.name),
    warnings: after.value.warnings.filter((each) => isAboutEdit(each, file, text, edit.value)),
  });
}

/** The file without a course. Errors: no course of that name, or something else that names it still. */
export async function courseRemoved(
  { directory, environment, list }: Repository,
  name: string,
  signal: AbortSignal,
): Promise<Result<CourseEdit, readonly Diagnostic[]>> {
  const files = await findCourseFiles(directory, environment, list);
  if (!files.ok) return files;
  const holding = files.value.filter(({ text }) => removeEntry(text, name).kind === 'edited');
  if (holding.length > 1)
    return err([
      inSeveralFiles(
        name,
        holding.map((each) => each.file),
      ),
    ]);
  const found = holding[0] ?? files.value[0];
  const { file, text, uses } = found;
  const removed = removeEntry(text, name);
  if (removed.kind === 'absent') return err([unknownCourse(name, files.value)]);
  const edit = textOf(removed, found);
  if (!edit.ok) return edit;
  // Where the family does not load as it is, which images go cannot be told; perhaps this very course is why.
  const before = await familyAfter(directory, environment, new Map(), signal);
  const after = await familyAfter(directory, environment, new Map([[file, edit.value]]), signal);
  if (!after.ok) return err(after.error.filter(({ severity }) => severity === 'error'));
  return ok({
    file,
    text: edit.value,
    images: before.ok ? imagesOf(before.value.set.images, uses, name) : [],
    selector: `${uses[0]?.axis ?? ''}=${name}`,
    folders: courseFolders(uses, name),
    warnings: [],
  });
}

function unknownCourse(name: string, files: readonly CourseFile[]): Diagnostic {
  const names = files.flatMap(coursesIn).map((each) => each.name);
  const near = nearName(name, names);
  const help =
    near !== undefined
      ? `did you mean \`${near}\`?`
      : names.length > 0
        ? `courses: ${names.join(', ')}`
        : undefined;
  const where = files.map(({ file }) => `\`${file}\``).join(', ');
  return usageError('unknown-course', `${where} has no course \`${name}\``, undefined, { help });
}

function argumentMistakes({ name, repo, ref, base }: NewCourse): Diagnostic[] {
  const mistakes: Diagnostic[] = [];
  if (!isImageName(name)) {
    const message = `\`${name}\` cannot be part of an image's name`;
    mistakes.push(usageError('invalid-name', message, undefined, { help: imageNameHelp(name) }));
  }
  const address = parseGitAddress(repo);
  if (address.kind === 'invalid') {
    mistakes.push(usageError('invalid-git-address', address.message, undefined, { help: address.help }));
  }
  if (ref !== undefined && !isValidGitRef(ref)) {
    const help = 'name a branch, a tag or a commit';
    mistakes.push(usageError('invalid-git-ref', `\`${ref}\` is no valid git ref`, undefined, { help }));
  }
  if (base !== undefined && (base === '' || base.startsWith('-'))) {
    mistakes.push(usageError('unknown-image', `no image is called \`${base}\``, undefined));
  }
  return mistakes;
}

function entryOf({ name, repo, ref, base, clone }: NewCourse): ReadonlyMap<string, string | boolean> {
  const entry = new Map<string, string | boolean>([
    ['name', name],
    ['repo', repo],
  ]);
  if (ref !== undefined) entry.set('ref', ref);
  if (base !== undefined) entry.set('base', base);
  if (clone) entry.set('clone', true);
  return entry;
}

interface NamedCourse {
  readonly name: string;
  readonly index: number;
  readonly source: YamlSource;
}

function coursesIn({ file, text }: CourseFile): readonly NamedCourse[] {
  const { source } = readYaml(file, text, 'typed');
  if (source === undefined || !Array.isArray(source.value)) return [];
  const entries: readonly unknown[] = source.value;
  return entries.flatMap((entry, index) =>
    typeof entry === 'object' && entry !== null && 'name' in entry && typeof entry.name === 'string'
      ? [{ name: entry.name, index, source }]
      : [],
  );
}

function takenName(file: string, name: string, { index, source }: NamedCourse): Diagnostic {
  return usageError(
    'duplicate-value',
    `\`${file}\` has a course \`${name}\` already`,
    source.valueSpan([index, 'name']),
    { help: 'change its entry by hand, or choose another name' },
  );
}

function textOf(edited: EditedList, { file, text }: CourseFile): Result<string, readonly Diagnostic[]> {
  switch (edited.kind) {
    case 'edited':
      return ok(edited.text);
    case 'not-yaml':
      return err(readYaml(file, text, 'typed').diagnostics);
    case 'not-a-list':
      return err([usageError('wrong-type', `\`${file}\` holds no list of courses`, undefined)]);
    case 'absent':
      throw new Error('an entry that is not there was told by the caller');
    default:
      return edited satisfies never;
  }
}

/** What is wrong with a line that is not written yet is told of the argument, not of a place that nobody can look at. */
function asArgument(diagnostic: Diagnostic, { file, text }: CourseFile, after: string): Diagnostic {
  if (!isAboutEdit(diagnostic, file, text, after)) return diagnostic;
  const { span: _, ...rest } = diagnostic;
  return rest;
}

function imagesOf(images: readonly Image[], uses: CourseFile['uses'], name: string): readonly string[] {
  return images
    .filter((image) =>
      uses.some(({ definition, axis }) => image.definition === definition && image.axes[axis] === name),
    )
    .map((image) => image.name);
}
