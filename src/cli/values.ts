/** `build values`: brings Helm values files up to the release, or tells where they are not. */
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ValuesSettings } from '../matrix/image-set.ts';
import { loadMatrix } from '../matrix/load-matrix.ts';
import { readTextFile } from '../matrix/text-file.ts';
import { sortDiagnostics, usageWarning } from '../matrix/usage-error.ts';
import { renderValues, valuesDocument, type ValuesFile } from '../report/values.ts';
import type { Release } from '../run/schema.ts';
import { editValues } from '../ship/values/edit-values.ts';
import { unifiedDiff } from '../ship/values/unified-diff.ts';
import type { ValuesDocuments } from '../ship/values/values-document.ts';
import { openValues, writeValues, writingTrouble } from '../ship/values/values-files.ts';
import type { SchemaCheck } from '../ship/values/values-schema.ts';
import { screenOf, type CliContext } from './context.ts';
import { openRelease } from './open-release.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';

export interface ValuesOptions {
  readonly file: readonly string[];
  readonly write: boolean;
  readonly check: boolean;
  readonly diff: boolean;
  readonly schema?: string;
  readonly release?: string;
  readonly json: boolean;
  readonly directory?: string;
}

/** What the files are held against. */
interface Standard {
  readonly release: Release;
  readonly settings: ValuesSettings;
  readonly checkSchema: SchemaCheck;
}

/** Problems that are told at length: behind a wrong `formerly` there may be thousands. */
const shownProblems = 20;

/**
 * Shows what would change; `--write` changes it, `--check` answers 1 where a file names another digest than the
 * release, or an image of our registry that it does not have; `--write` does where such a thing is left. Files are
 * read all before one is written.
 */
export async function valuesCommand(context: CliContext, options: ValuesOptions): Promise<ExitCode> {
  const modes = [options.write, options.check, options.diff].filter(Boolean).length;
  if (modes > 1) {
    const help = '`--check` answers by its exit code, `--diff` shows a patch, `--write` changes the files';
    return await tell(context, [usage('`--write`, `--check` and `--diff` exclude each other', help)]);
  }
  if (options.file.length === 0) {
    const help = '`--file values.yaml` names values to look at, `--profiles` writes some';
    return await tell(context, [usage('`values` needs `--file` or `--profiles`', help)]);
  }
  const opened = await openAll(context, options);
  if (!opened.ok) return await tell(context, opened.error);
  const { files, standard } = opened.value;

  const edited = files.map((file): ValuesFile => {
    const companions = files.filter((other) => other !== file);
    return { name: file.file, ...editValues(file, { ...standard, companions }) };
  });
  const problems = sortDiagnostics([
    ...edited.flatMap((file) => file.problems),
    ...files.flatMap((file) => standard.checkSchema(file)),
  ]);
  const idle = idleRules(standard.settings, edited);
  if (options.write) {
    const trouble = await writeAll(context, files, edited);
    if (trouble.length > 0) return await tell(context, trouble);
  }
  show(context, options, files, edited);
  if (options.check || options.write) {
    await tell(context, [...firstOf(problems), ...idle]);
    const isLeft = problems.some(isError);
    const isStale = options.check && edited.some(({ changes }) => changes.length > 0);
    return isLeft || isStale ? exitCode.imageFailed : exitCode.ok;
  }
  const warnings = problems.map((each) => ({ ...each, severity: 'warning' as const }));
  return await tell(context, [...firstOf(warnings), ...idle]);
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error';
}

/** Errors before warnings where not all are told; the JSON has them all. */
function firstOf(problems: readonly Diagnostic[]): readonly Diagnostic[] {
  if (problems.length <= shownProblems) return problems;
  const sorted = [...problems.filter(isError), ...problems.filter((each) => !isError(each))];
  const rest = sorted.slice(shownProblems);
  const severity = rest.some(isError) ? 'error' : 'warning';
  const message = `${rest.length} more places are not as released`;
  const help = '`--json` tells of all of them, with file and line';
  return [...sorted.slice(0, shownProblems), { ...usage(message, help), code: 'more-problems', severity }];
}

/** All that has to be read. What is wrong is told together. */
async function openAll(
  context: CliContext,
  options: ValuesOptions,
): Promise<
  Result<{ readonly files: readonly ValuesDocuments[]; readonly standard: Standard }, readonly Diagnostic[]>
> {
  const directory = findRepository(options.directory, context.cwd);
  const matrix = await loadMatrix(directory, context.env);
  if (!matrix.ok) return matrix;
  const release = await openRelease(context, directory, {
    named: options.release,
    set: matrix.value.set,
  });
  if (!release.ok) return release;
  const schema = await openSchema(context, options.schema);
  const files: ValuesDocuments[] = [];
  const mistakes: Diagnostic[] = schema.ok ? [] : [schema.error];
  for (const name of new Set(options.file)) {
    const opened = openValues(name, context.cwd);
    if (opened.ok) files.push(opened.value);
    else mistakes.push(...opened.error);
  }
  if (mistakes.length > 0 || !schema.ok) return err(mistakes);
  const settings = matrix.value.set.values;
  return ok({ files, standard: { release: release.value, settings, checkSchema: schema.value } });
}

async function openSchema(
  context: CliContext,
  name: string | undefined,
): Promise<Result<SchemaCheck, Diagnostic>> {
  if (name === undefined) return ok(() => []);
  const { readSchema } = await import('../ship/values/values-schema.ts');
  const read = readTextFile(path.resolve(context.cwd, name), 4 * 1024 * 1024);
  if (read.kind === 'text') return await readSchema(name, read.text);
  const why = read.kind === 'missing' ? 'does not exist' : read.why;
  return err(usage(`\`${name}\` ${why}`, "name the chart's `values.schema.json`"));
}

/** Whether all may be written is asked before the first is. */
async function writeAll(
  { cwd }: CliContext,
  files: readonly ValuesDocuments[],
  edited: readonly ValuesFile[],
): Promise<readonly Diagnostic[]> {
  const changed = edited.filter(({ text }, index) => text !== files[index]?.text);
  const troubles = await Promise.all(changed.map(({ name }) => writingTrouble(name, cwd)));
  const refused = troubles.filter((each) => each !== undefined);
  if (refused.length > 0) return refused;
  for (const { name, text } of changed) {
    const written = await writeValues(name, cwd, text);
    if (!written.ok) return [written.error];
  }
  return [];
}

function show(
  context: CliContext,
  options: ValuesOptions,
  files: readonly ValuesDocuments[],
  edited: readonly ValuesFile[],
): void {
  const screen = screenOf(context.stdout, context.env);
  if (options.json) context.stdout.write(`${JSON.stringify(valuesDocument(edited), null, 2)}\n`);
  else if (options.diff)
    context.stdout.write(
      edited.map(({ name, text }, at) => unifiedDiff(name, files[at]?.text ?? '', text)).join(''),
    );
  else screen.write(renderValues(edited, options.write ? 'written' : 'shown', screen));
}

/** Paths under `values:` of matrix.yaml that lead nowhere in any file: a mistake more often than not. */
function idleRules(settings: ValuesSettings, edited: readonly ValuesFile[]): readonly Diagnostic[] {
  return settings.images.flatMap(({ path: steps, span }, index) =>
    edited.some(({ followed }) => followed.has(index))
      ? []
      : usageWarning('nothing-there', `\`${steps.join('.')}\` leads to no image in these files`, span),
  );
}
