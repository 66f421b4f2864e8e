/** `build values`: brings Helm values files up to the release, or tells where they are not. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { tryWriting } from '../adopt/try-writing.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { renderValues, type ValuesFile } from '../report/values.ts';
import { readRelease, releaseFile } from '../run/release.ts';
import type { Release } from '../run/schema.ts';
import { editValues, type EditedValues } from '../ship/values/edit-values.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';

export interface ValuesOptions {
  readonly file: readonly string[];
  readonly write: boolean;
  readonly check: boolean;
  readonly json: boolean;
  readonly directory?: string;
}

interface OpenFile {
  readonly name: string;
  readonly text: string;
  readonly edited: EditedValues;
}

/**
 * Shows what would change; `--write` changes it, `--check` answers 1 where a file names another digest than the
 * release, or an image of our registry that it does not have. Files are read all before one is written.
 */
export async function valuesCommand(context: CliContext, options: ValuesOptions): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd, context.home);
  const release = await readRelease(directory);
  if (release === undefined) return await tell(context, [noRelease(directory)]);
  const files: OpenFile[] = [];
  const mistakes: Diagnostic[] = [];
  for (const name of options.file) {
    const opened = await open(context, name, release);
    if (opened.ok) files.push(opened.value);
    else mistakes.push(...opened.error);
  }
  if (mistakes.length > 0) return await tell(context, mistakes);

  const screen = screenOf(context.stdout, context.env);
  const shown = files.map(({ name, edited }): ValuesFile => ({ name, ...edited }));
  const mode = options.write ? 'written' : 'shown';
  screen.write(
    options.json ? `${JSON.stringify(documentOf(shown), null, 2)}\n` : renderValues(shown, mode, screen),
  );
  const unknown = files.flatMap(({ edited }) => edited.unknown);
  if (options.check) {
    await tell(context, unknown);
    const stale = unknown.length > 0 || files.some(({ edited }) => edited.changes.length > 0);
    return stale ? exitCode.imageFailed : exitCode.ok;
  }
  await tell(
    context,
    unknown.map((diagnostic) => ({ ...diagnostic, severity: 'warning' })),
  );
  return options.write ? await write(context, files) : exitCode.ok;
}

async function open(
  context: CliContext,
  name: string,
  release: Release,
): Promise<Result<OpenFile, readonly Diagnostic[]>> {
  let text: string;
  try {
    const bytes = await readFile(path.resolve(context.cwd, name));
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'it is not UTF-8' : code;
    return err([usage(`\`${name}\` cannot be read (${why})`, 'name a Helm values file of the chart')]);
  }
  const edited = editValues(name, text, release);
  return edited.ok ? ok({ name, text, edited: edited.value }) : edited;
}

async function write(context: CliContext, files: readonly OpenFile[]): Promise<ExitCode> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const changed = files.filter(({ text, edited }) => text !== edited.text);
  for (const { name, edited } of changed) {
    const target = path.resolve(context.cwd, name);
    const written = await tryWriting(name, () => writeFileAtomic(target, edited.text));
    if (!written.ok) return await tell(context, [written.error]);
  }
  return exitCode.ok;
}

function documentOf(files: readonly ValuesFile[]): object {
  return files.map(({ name, ours, changes }) => ({
    file: name,
    images: ours,
    changes: changes.map(({ image, path: at, span, from, to }) => ({
      image,
      path: at,
      line: span.line,
      from,
      to,
    })),
  }));
}

function noRelease(directory: string): Diagnostic {
  return usage(
    `there is no \`${releaseFile}\` in \`${directory}\``,
    'publish the family first: `./build images --push` writes it',
  );
}
