/**
 * The text of matrix.yaml and of the files that it names → the family, checked as far as text goes.
 * Pure: what is on the disk is asked by load-matrix.ts and tree.ts.
 */
import { courseFields, courseValues, literalAxisValues } from './axes.ts';
import type { Axis, CourseFile, CourseRepository } from './axes.ts';
import { imageNameHelp, isImageName } from './check.ts';
import type { Check, Findings } from './check.ts';
import { expandDefinition } from './definition.ts';
import type { PlannedImage } from './definition.ts';
import { readGroups } from './groups.ts';
import { readFreeze } from './freeze.ts';
import type { ImageSet, Lock } from './image-set.ts';
import type { KeptValues } from './kept-values.ts';
import { folderOf, parseRepositoryPath } from './repository-path.ts';
import { readPools } from './pools.ts';
import { readMirrors, readRoots } from './roots.ts';
import { readShape } from './read-shape.ts';
import type { BuildDefinition, MatrixFile } from './schema.ts';
import { checkCourseBases, checkImageNames, checkProvides } from './names.ts';
import { readValuesSettings } from './values-settings.ts';
import { readScanSettings } from './scan-settings.ts';
import { readDeclaredNames, readRegistry, readSecrets, readTags } from './settings.ts';
import { readSignSettings, readTrust } from './signing-settings.ts';
import { checkSingleRepository } from './single-repository.ts';
import type { Environment } from './template.ts';
import { usageError } from './usage-error.ts';
import { readYaml } from './yaml-source.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** matrix.yaml, read as far as its shape is right. */
export interface MatrixReading {
  readonly source: YamlSource;
  readonly content: MatrixFile;
  /** Names under `images:` whose entries are wrong and therefore not in the content. */
  readonly broken: ReadonlySet<string>;
  /** False where what it includes is not known: then nobody is called unknown. */
  readonly complete: boolean;
}

/**
 * Reads the text of matrix.yaml or of a file that it includes; what is wrong goes to the findings. Undefined where it
 * is no map at all.
 */
export function readMatrixText(
  file: string,
  text: string,
  findings: Findings,
  role: 'main' | 'included' = 'main',
  values?: KeptValues,
): MatrixReading | undefined {
  const { source, diagnostics } = readYaml(file, text, 'typed', values);
  findings.add(...diagnostics);
  if (source === undefined) return undefined;
  const byEntry = new Set<string | number | undefined>(['images', 'roots', 'groups', 'pools']);
  const alone = role === 'main' && !source.has(['include']);
  const schema = alone ? 'wholeMatrixSchema' : 'matrixSchema';
  const reading = readShape(schema, source, (path) => (byEntry.has(path[0]) ? 2 : 1), values);
  findings.add(...reading.diagnostics);
  if (reading.content === undefined) return undefined;
  const broken = reading.dropped.filter((path) => path[0] === 'images').map((path) => String(path[1]));
  const content = { ...reading.content, images: reading.content.images ?? {} };
  const complete = !reading.dropped.some((path) => path[0] === 'include');
  return { source, content, broken: new Set(broken), complete };
}

/** The files that axes are taken from, by their paths from the root, each with the places that name it. */
export function axisFilesOf(matrix: MatrixReading): ReadonlyMap<string, readonly YamlPath[]> {
  const files = new Map<string, readonly YamlPath[]>();
  for (const [name, definition] of buildDefinitions(matrix.content)) {
    for (const [axis, values] of Object.entries(definition.axes ?? {})) {
      if (!('from' in values)) continue;
      const path = ['images', name, 'axes', axis, 'from'];
      const file = axisFileOf(matrix.source, path, values.from);
      files.set(file, [...(files.get(file) ?? []), path]);
    }
  }
  return files;
}

/** What cannot be a path of the repository stays as it is written. */
function axisFileOf(source: YamlSource, path: YamlPath, from: string): string {
  const parsed = parseRepositoryPath(from, folderOf(source.fileOf(path)));
  return parsed.kind === 'path' ? parsed.path : from;
}

function buildDefinitions(content: MatrixFile): readonly (readonly [string, BuildDefinition])[] {
  return Object.entries(content.images).flatMap(([name, definition]) =>
    'mirror' in definition ? [] : [[name, definition] as const],
  );
}

export interface MatrixInput {
  readonly matrix: MatrixReading;
  /** Text of each axis file by its path; one that could not be read is not in here. */
  readonly axisFiles: ReadonlyMap<string, string>;
  readonly lock: Lock;
  readonly environment: Environment;
  readonly directory: string;
  /** The day on which this is asked, YYYY-MM-DD. */
  readonly today: string;
  readonly values?: KeptValues | undefined;
}

/** The family without its images, which are planned: whether their folders exist is still open. */
export interface CheckedMatrix {
  readonly set: Omit<ImageSet, 'images'>;
  readonly planned: readonly PlannedImage[];
  readonly repositories: readonly CourseRepository[];
}

/** Checks all that text alone can tell, and expands definitions and groups. */
export function checkMatrix(input: MatrixInput, findings: Findings): CheckedMatrix {
  const { matrix, lock, environment, directory, today } = input;
  const { source, content } = matrix;
  const check: Check = { source, environment, findings };
  const registry = readRegistry(check, content);
  const declared = readDeclaredNames(check, content.env ?? []);
  const secrets = readSecrets(check, content.secrets ?? [], directory);
  const roots = readRoots(check, content.roots, lock);
  const mirrors = readMirrors(check, content.images, lock);
  const courses = readAxisFiles(input, findings);
  const expansions = buildDefinitions(content).map(([name, definition]) => {
    const axes = readAxes(check, name, definition, courses);
    if (axes === undefined) return { images: [], complete: false };
    if (!isImageName(name)) {
      const message = `\`${name}\` cannot be a definition's name`;
      const span = source.keySpan(['images', name]);
      findings.add(usageError('invalid-name', message, span, { help: imageNameHelp(name) }));
      return { images: [], complete: false };
    }
    return expandDefinition(check, name, definition, axes, { declared, lock, today });
  });
  const planned = expansions.flatMap((expansion) => expansion.images);
  const images = planned.map(({ image }) => image);
  const complete =
    matrix.complete && expansions.every((expansion) => expansion.complete) && !hidesNames(matrix);
  checkImageNames(check, images, mirrors);
  checkProvides(check, images);
  const courseFiles = [...courses.values()].filter((file) => file !== undefined);
  const bases = courseFiles.flatMap((file) => file.bases);
  if (complete) checkCourseBases(bases, images, roots);
  const groups = readGroups(check, content.groups ?? {}, {
    images,
    definitions: new Set(
      [...Object.keys(content.images), ...matrix.broken].filter((name) => !isMirror(content, name)),
    ),
    mirrors: new Set(mirrors.map((mirror) => mirror.name)),
    complete,
  });
  const { tags, fixedTags } = readTags(
    check,
    content,
    images.map((image) => image.name),
  );
  if (content.naming === 'single-repository') checkSingleRepository(check, images, tags);
  const clones = courseFiles.flatMap((file) => file.clones);
  const scan = readScanSettings(check, content);
  const pools = readPools(check, content.pools, complete ? { images, mirrors, groups } : undefined);
  const values = readValuesSettings(check, content, { images, mirrors, complete });
  const freeze = readFreeze(check, content.freeze ?? []);
  const sign = readSignSettings(check, content, directory);
  const trust = readTrust(check, content, directory);
  const outside = { roots, mirrors, lock, clones };
  const publishing = { registry, tags, fixedTags, scan, sign, trust };
  const nightly = { python: content.nightly?.python ?? false };
  const set = { directory, ...outside, ...publishing, groups, secrets, pools, values, freeze, nightly };
  return { set, planned, repositories: courseFiles.flatMap((file) => file.repositories) };
}

function isMirror(content: MatrixFile, name: string): boolean {
  const definition = content.images[name];
  return definition !== undefined && 'mirror' in definition;
}

/** True where a broken definition may have had images with other names than its own. */
function hidesNames(matrix: MatrixReading): boolean {
  return [...matrix.broken].some(
    (name) => matrix.source.has(['images', name, 'axes']) || matrix.source.has(['images', name, 'name']),
  );
}

type CourseFiles = ReadonlyMap<string, CourseFile | undefined>;

function readAxisFiles(input: MatrixInput, findings: Findings): CourseFiles {
  const files = new Map<string, CourseFile | undefined>();
  for (const [file, text] of input.axisFiles) {
    const { source, diagnostics } = readYaml(file, text, 'typed', input.values);
    findings.add(...diagnostics);
    const check = source && { source, environment: input.environment, findings };
    files.set(file, check && courseValues(check, input.lock, input.values));
  }
  return files;
}

/** Undefined where an axis cannot have its name: then no placeholder can be judged. */
function readAxes(
  check: Check,
  name: string,
  definition: BuildDefinition,
  courses: CourseFiles,
): readonly Axis[] | undefined {
  const entries = Object.entries(definition.axes ?? {});
  const axes = entries.flatMap(([axis, values]): Axis[] => {
    const path = ['images', name, 'axes', axis];
    if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(axis)) {
      check.findings.add(
        usageError('invalid-name', `\`${axis}\` cannot be an axis's name`, check.source.keySpan(path), {
          help: 'letters, digits, `_` and `-`, beginning with a letter',
        }),
      );
      return [];
    }
    if ('from' in values) {
      const { values: read, complete } = courses.get(
        axisFileOf(check.source, [...path, 'from'], values.from),
      ) ?? { values: [], complete: false };
      return [{ name: axis, fields: courseFields, fromFile: true, values: read, complete }];
    }
    return [{ name: axis, fields: [], fromFile: false, ...literalAxisValues(check, path, values) }];
  });
  return axes.length === entries.length ? axes : undefined;
}
