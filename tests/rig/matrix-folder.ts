/**
 * A repository in a temporary folder, and what loading its matrix tells, in a form that tests can spell out:
 * `matrix.yaml:3:5 «contxt» unknown-key: unknown key … (help: …)`.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Diagnostic, SourceSpan } from '../../src/core/diagnostic.ts';
import type { ImageSet } from '../../src/matrix/image-set.ts';
import { loadMatrix } from '../../src/matrix/load-matrix.ts';

export type Files = Readonly<Record<string, string | Uint8Array | { readonly link: string }>>;

export interface MatrixFolder extends AsyncDisposable {
  readonly directory: string;
}

/** Writes the files; a path that ends in `/` is an empty folder. Removed when disposed. */
export async function matrixFolder(files: Files): Promise<MatrixFolder> {
  const directory = await mkdtemp(join(tmpdir(), 'hubwright-matrix-'));
  for (const [path, content] of Object.entries(files)) {
    const target = join(directory, path);
    await mkdir(path.endsWith('/') ? target : dirname(target), { recursive: true });
    if (path.endsWith('/')) continue;
    if (typeof content === 'object' && 'link' in content) await symlink(content.link, target);
    else await writeFile(target, content);
  }
  return {
    directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The family that the files describe; fails where there are errors. */
export async function loadFiles(
  files: Files,
  environment: Environment = {},
  today?: string,
): Promise<ImageSet> {
  await using folder = await matrixFolder(files);
  const loaded = await loadMatrix(folder.directory, environment, { today });
  if (!loaded.ok) throw new Error(loaded.error.map(told).join('\n'));
  return loaded.value.set;
}

/** Everything that loading the files tells, errors and warnings, in the order in which it is shown. */
export async function tell(
  files: Files,
  environment: Environment = {},
  today?: string,
): Promise<readonly string[]> {
  await using folder = await matrixFolder(files);
  const loaded = await loadMatrix(folder.directory, environment, { today });
  const diagnostics = loaded.ok ? loaded.value.warnings : loaded.error;
  const wrong = diagnostics.some((each) => each.severity === 'error');
  const silent = diagnostics.find(({ severity, help }) => severity === 'error' && help === undefined);
  if (silent !== undefined) throw new Error(`this says not what to do: ${told(silent)}`);
  if (loaded.ok === wrong) throw new Error('there has to be a family exactly where there is no error');
  return diagnostics.map((each) => told(each).replaceAll(folder.directory, 'DIRECTORY'));
}

/** One diagnostic on one line. */
export function told(diagnostic: Diagnostic): string {
  const { span, severity, code, message, notes = [], help } = diagnostic;
  return [
    span === undefined ? '' : `${place(span)} `,
    severity === 'warning' ? 'warning ' : '',
    `${code}: ${message}`,
    ...notes.map(
      (note) => ` (note: ${note.message}${note.span === undefined ? '' : ` ${place(note.span)}`})`,
    ),
    help === undefined ? '' : ` (help: ${help})`,
  ].join('');
}

function place(span: SourceSpan): string {
  const marked = span.text.slice(span.column - 1, span.column - 1 + span.length);
  return `${span.file}:${span.line}:${span.column} «${marked}»`;
}
