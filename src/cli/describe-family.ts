/** The commands that show and edit what the family's own files say: their names, arguments and options. */
import type { Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { AddCourseOptions } from './add-course.ts';
import type { CliContext } from './context.ts';
import type { InitOptions } from './init.ts';
import type { ListOptions } from './list.ts';
import { repositoryOption } from './repository-option.ts';

const listHelp = 'the list of courses that is meant, where there are several';

/** Adds the commands to the program; `answer` gets the exit code of the one that is called. */
export function describeFamily(
  program: Command,
  context: CliContext,
  answer: (code: ExitCode) => void,
): void {
  program
    .command('list')
    .description('show what exists: images, groups, roots and mirrors')
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async (options: ListOptions) => {
      const { listCommand } = await import('./list.ts');
      answer(await listCommand(context, options));
    });
  const add = program.command('add').description('add to the family’s files, comments and order kept');
  add
    .command('course')
    .description('add a course; checked first, and written only when the whole family still loads')
    .argument('<NAME>', 'its name, part of its images’ names')
    .requiredOption('--repo <URL>', 'its git repository: https, ssh, or a path inside this repository')
    .option('--ref <REF>', 'branch, tag or commit (default: the repository’s own)')
    .option('--base <IMAGE>', 'image that it starts from (default: the Dockerfile’s)')
    .option('--clone', 'clone the repository into the image, at the commit in matrix.lock', false)
    .option('--file <FILE>', listHelp)
    .addOption(repositoryOption())
    .action(async (name: string, options: AddCourseOptions) => {
      const { addCourseCommand } = await import('./add-course.ts');
      answer(await addCourseCommand(context, name, options));
    });
  program
    .command('remove')
    .description('take something out of the family’s files')
    .command('course')
    .description('take a course out; its folder and its published images stay')
    .argument('<NAME>', 'its name')
    .option('--file <FILE>', listHelp)
    .addOption(repositoryOption())
    .action(async (name: string, options: { readonly directory?: string; readonly file?: string }) => {
      const { removeCourseCommand } = await import('./remove-course.ts');
      answer(await removeCourseCommand(context, name, options));
    });
  program
    .command('init')
    .description('write a first matrix.yaml, courses.yaml and base image into a folder; overwrites nothing')
    .option(
      '--from <DIR>',
      'instead write a matrix.yaml for the Dockerfiles in this folder, none of them edited',
    )
    .option('-C, --directory <DIR>', 'the folder (default: this one)')
    .action(async (options: InitOptions) => {
      const { initCommand } = await import('./init.ts');
      answer(await initCommand(context, options));
    });
}
