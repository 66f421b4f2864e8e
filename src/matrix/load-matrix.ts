/**
 * Reads matrix.yaml, the files that it names, and matrix.lock from a folder: the edge of this room, where
 * files are opened. What they mean is decided in matrix.ts.
 */
import { join, resolve } from 'node:path';
import type { Diagnostic, SourceSpan } from '../core/diagnostic.ts';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { Findings } from './check.ts';
import type { ImageSet } from './image-set.ts';
import type { KeptValues } from './kept-values.ts';
import { emptyLock, readLock } from './lock.ts';
import { axisFilesOf, checkMatrix, readMatrixText } from './matrix.ts';
import type { MatrixReading } from './matrix.ts';
import { parseRepositoryPath, pathHelp } from './repository-path.ts';
import { maxYamlBytes, readTextFile } from './text-file.ts';
import { Tree, checkRepositories, checkTree } from './tree.ts';
import { sortDiagnostics, usageError } from './usage-error.ts';

export const matrixFile = 'matrix.yaml';
export const lockFile = 'matrix.lock';

/** Texts of files that are to be read as if they were written already, by their path from the root. */
export type Edits = ReadonlyMap<string, string>;

export interface LoadOptions {
  /** Lets a change be judged before it is written. */
  readonly edits?: Edits;
  /** The day on which waivers have to hold, YYYY-MM-DD. */
  readonly today?: string | undefined;
  /** Spares parsing files that have not changed; it learns those that are parsed. */
  readonly values?: KeptValues;
}

export interface LoadedMatrix {
  readonly set: ImageSet;
  readonly warnings: Diagnostic[];
}

/**
 * The family that a folder describes. `environment` is read only where the file says so.
 * With one error there is no family: then the error side holds every finding, warnings included,
 * sorted by file, line and column.
 */
export async function loadMatrix(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
  { edits = new Map(), today = new Date().toISOString().slice(0, 10), values }: LoadOptions = {},
): Promise<Result<LoadedMatrix, readonly Diagnostic[]>> {
  const root = resolve(directory);
  const findings = new Findings();
  const set = await load({ directory: root, edits, values }, { environment, today }, findings);
  const sorted = sortDiagnostics(findings.all);
  if (set === undefined || findings.errorCount > 0) return err(sorted);
  return ok({ set, warnings: [...sorted] });
}

/** Where texts come from. */
interface Files {
  readonly directory: string;
  readonly edits: Edits;
  readonly values: KeptValues | undefined;
}

/** What else decides how the files are read. */
interface Circumstances {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly today: string;
}

async function load(
  files: Files,
  { environment, today }: Circumstances,
  findings: Findings,
): Promise<ImageSet | undefined> {
  const { directory } = files;
  const tree = new Tree(directory);
  const lock = loadLock(files, findings);
  const matrix = await readWhole(files, tree, findings);
  if (matrix === undefined) return undefined;
  const axisFiles = loadAxisFiles(files, matrix, tree, findings);
  const checked = checkMatrix(
    { matrix, axisFiles, lock, environment, directory, today, values: files.values },
    findings,
  );
  const check = { source: matrix.source, environment, findings };
  checkRepositories(findings, checked.repositories, tree);
  return { ...checked.set, images: checkTree(check, checked.planned, tree) };
}

/**
 * matrix.yaml and the files that it includes, as far as their shape is right: for who edits what they name. What is
 * wrong goes to the findings.
 */
export async function readMatrix(directory: string, findings: Findings): Promise<MatrixReading | undefined> {
  const root = resolve(directory);
  return await readWhole({ directory: root, edits: new Map(), values: undefined }, new Tree(root), findings);
}

async function readWhole(files: Files, tree: Tree, findings: Findings): Promise<MatrixReading | undefined> {
  const matrixText = readText(files, matrixFile, findings);
  if (matrixText === 'missing') {
    findings.add(
      usageError('missing-file', `there is no \`${matrixFile}\` in \`${files.directory}\``, undefined, {
        help:
          'run this in the folder that holds it or below, or name that with `-C`; ' +
          '`build init` writes a first one, `build init --from DIR` one for the Dockerfiles in DIR',
      }),
    );
  }
  if (typeof matrixText !== 'object') return undefined;
  const main = readMatrixText(matrixFile, matrixText.text, findings, 'main', files.values);
  if (main === undefined) return undefined;
  return main.content.include === undefined ? main : await withIncludes(files, main, tree, findings);
}

/** Most families stand in one file: the modules for more are loaded where there are more. */
async function withIncludes(
  files: Files,
  main: MatrixReading,
  tree: Tree,
  findings: Findings,
): Promise<MatrixReading> {
  const [{ loadIncludes }, { mergeMatrices }] = await Promise.all([
    import('./load-includes.ts'),
    import('./merged-matrix.ts'),
  ]);
  const readings = loadIncludes(
    main,
    (file, { reading, path }) => readNamed(files, file, [reading.source.valueSpan(path)], tree, findings),
    findings,
    files.values,
  );
  return mergeMatrices(readings, findings);
}

function loadLock(files: Files, findings: Findings): ImageSet['lock'] {
  const text = readText(files, lockFile, findings);
  if (typeof text !== 'object') return emptyLock;
  const { lock, diagnostics } = readLock(lockFile, text.text, files.values);
  findings.add(...diagnostics);
  return lock;
}

function loadAxisFiles(
  files: Files,
  matrix: MatrixReading,
  tree: Tree,
  findings: Findings,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [file, places] of axisFilesOf(matrix)) {
    const spans = places.map((path) => matrix.source.valueSpan(path));
    const text = readNamed(files, file, spans, tree, findings);
    if (text !== undefined) texts.set(file, text);
  }
  return texts;
}

/** A file that others name; why it cannot be read is told at each of these places. */
function readNamed(
  files: Files,
  file: string,
  spans: readonly SourceSpan[],
  tree: Tree,
  findings: Findings,
): string | undefined {
  const tellAll = (code: string, message: string, help?: string): void =>
    findings.add(...spans.map((span) => usageError(code, message, span, { help })));
  const parsed = parseRepositoryPath(file);
  if (parsed.kind === 'invalid') {
    tellAll(parsed.code, parsed.message, pathHelp());
    return undefined;
  }
  const place = tree.placeOf(parsed.path);
  if (place === 'outside') {
    tellAll(
      'path-leaves-repository',
      `\`${file}\` leaves the repository through a symbolic link`,
      pathHelp(),
    );
    return undefined;
  }
  const isThere = place === 'file' || files.edits.has(parsed.path);
  const text = isThere ? readText(files, parsed.path, findings) : 'missing';
  if (text === 'missing') tellAll('missing-file', `the file \`${file}\` does not exist`);
  return typeof text === 'object' ? text.text : undefined;
}

function readText(
  { directory, edits }: Files,
  file: string,
  findings: Findings,
): { text: string } | 'missing' | 'told' {
  const edited = edits.get(file);
  if (edited !== undefined) return { text: edited };
  const read = readTextFile(join(directory, file), maxYamlBytes);
  if (read.kind === 'text') return { text: read.text };
  if (read.kind === 'missing') return 'missing';
  findings.add(usageError('unreadable-file', `\`${file}\` ${read.why}`, undefined, { help: read.help }));
  return 'told';
}
