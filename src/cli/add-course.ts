/** `build add course`: one entry more in courses.yaml, written only when the whole family still loads with it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { courseAdded } from '../adopt/edit-courses.ts';
import { tryWriting } from '../adopt/try-writing.ts';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { tell } from './tell.ts';

export interface AddCourseOptions {
  readonly directory?: string;
  readonly repo: string;
  readonly ref?: string;
  readonly base?: string;
  readonly clone: boolean;
  readonly file?: string;
}

/** Adds the course and says what comes of it; 2, and nothing is written, where it cannot be added. */
export async function addCourseCommand(
  context: CliContext,
  name: string,
  { repo, ref, base, clone, file: list, ...options }: AddCourseOptions,
): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd);
  const course = { name, repo, ref, base, clone };
  const edit = await courseAdded({ directory, environment: context.env, list }, course, context.signal);
  if (!edit.ok) return await tell(context, edit.error);
  const { file, text, images, selector, folders, warnings } = edit.value;
  const written = await tryWriting(file, () => writeFileAtomic(path.join(directory, file), text));
  if (!written.ok) return await tell(context, [written.error]);
  const { write } = screenOf(context.stdout, context.env);
  write(`${file}: added ${name}\n`);
  for (const image of images) write(`  ${image}\n`);
  for (const folder of folders) {
    const there = existsSync(path.join(directory, folder));
    write(there ? `${folder}/ is its context\n` : `no folder ${folder}/: its context is empty\n`);
  }
  write(`next: ${clone ? 'build lock, then ' : ''}build images ${selector}\n`);
  await tell(context, warnings);
  return exitCode.ok;
}
