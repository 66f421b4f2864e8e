/** `build remove course`: one entry less in courses.yaml. Folders and published images are left alone, and told. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { courseRemoved } from '../adopt/edit-courses.ts';
import { tryWriting } from '../adopt/try-writing.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { tell } from './tell.ts';

/** Removes the course and says what remains of it; 2, and nothing is written, where it cannot be removed. */
export async function removeCourseCommand(
  context: CliContext,
  name: string,
  options: { readonly directory?: string; readonly file?: string },
): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd);
  const repository = { directory, environment: context.env, list: options.file };
  const edit = await courseRemoved(repository, name, context.signal);
  if (!edit.ok) return await tell(context, edit.error);
  const { file, text, images, folders } = edit.value;
  const written = await tryWriting(file, () => writeFileAtomic(path.join(directory, file), text));
  if (!written.ok) return await tell(context, [written.error]);
  const { write } = screenOf(context.stdout, context.env);
  write(`${file}: removed ${name}\n`);
  for (const image of images) write(`  ${image} is no longer built\n`);
  for (const folder of folders) {
    if (existsSync(path.join(directory, folder)))
      write(`the folder ${folder}/ stays; remove it if nobody needs it\n`);
  }
  return exitCode.ok;
}
