/** Reading and writing values files, and what may be wrong with them. What is in them is edit-values.ts's matter. */
import { constants, access, stat } from 'node:fs/promises';
import path from 'node:path';
import { tryWriting } from '../../adopt/try-writing.ts';
import type { Diagnostic } from '../../core/diagnostic.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { readTextFile } from '../../matrix/text-file.ts';
import { usageError } from '../../matrix/usage-error.ts';
import { parseValues, type ValuesDocuments } from './values-document.ts';

/** Far more than charts take: Helm keeps a release in a Secret, which holds 1 MiB. */
const maxValuesBytes = 16 * 1024 * 1024;

/** Reads and parses a file; `name` is how the user calls it. */
export function openValues(name: string, cwd: string): Result<ValuesDocuments, readonly Diagnostic[]> {
  const read = readTextFile(path.resolve(cwd, name), maxValuesBytes, 'kept');
  if (read.kind === 'text') return parseValues(name, read.text);
  const [what, help] =
    read.kind === 'missing'
      ? ['does not exist', 'name a Helm values file of the chart']
      : [read.why, read.help];
  return err([usageError('unreadable-file', `\`${name}\` ${what}`, undefined, { help })]);
}

/** Undefined where the file may be written. A rename would get past a file's own permissions, and is not meant to. */
export async function writingTrouble(name: string, cwd: string): Promise<Diagnostic | undefined> {
  const file = path.resolve(cwd, name);
  const { mode } = await stat(file);
  const isWritable = (mode & 0o222) !== 0 && (await allows(file)) && (await allows(path.dirname(file)));
  if (isWritable) return undefined;
  return usageError('read-only-file', `\`${name}\` is read-only, and stays as it is`, undefined, {
    help: `make it and its folder writable (\`chmod u+w ${name}\`), or take the change from \`--diff\``,
  });
}

async function allows(file: string): Promise<boolean> {
  try {
    await access(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Writes under a temporary name and renames; owner and mode stay, and so does a link that leads to the file. */
export async function writeValues(
  name: string,
  cwd: string,
  text: string,
): Promise<Result<void, Diagnostic>> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  const written = await tryWriting(name, () => writeFileAtomic(path.resolve(cwd, name), text));
  return written.ok ? ok(undefined) : written;
}
