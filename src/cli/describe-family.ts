/** The commands that show and edit what the family's own files say: their names, arguments and options. */
import type { Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import type { ListOptions } from './list.ts';

const directoryHelp = 'the repository (default: the nearest folder with a matrix.yaml)';

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
    .option('-C, --directory <DIR>', directoryHelp)
    .action(async (options: ListOptions) => {
      const { listCommand } = await import('./list.ts');
      answer(await listCommand(context, options));
    });
}
