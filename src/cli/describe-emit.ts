/** The commands that write files for others: their names, arguments and options. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import { describeManifests } from './describe-manifests.ts';
import type { EmitGithubOptions } from './emit-github.ts';
import { repositoryOption } from './repository-option.ts';

/** Adds the commands to the program; `answer` gets the exit code of the one that is called. */
export function describeEmit(program: Command, context: CliContext, answer: (code: ExitCode) => void): void {
  const emit = program.command('emit').description('write files for others: workflows, manifests');
  emit
    .command('github')
    .description('the workflow for pull requests, the main branch and the night')
    .option('--write', 'write .github/workflows/images.yaml (default: show it)', false)
    .option('--check', 'answer 1 where that file is another', false)
    .option('--fan-out', 'on the main branch a job for each image, level by level', false)
    .option('--python', 'the night takes new Python packages in as well, and commits their locks', false)
    .addOption(
      new Option('--cron <TIME>', 'when the night begins, UTC')
        .argParser(matching(/^(?:[\d*,/-]+ ){4}[\d*,/-]+$/, 'Five fields, as cron has them: `17 2 * * *`.'))
        .default('17 2 * * *'),
    )
    .addOption(
      new Option('--branch <NAME>', 'the main branch')
        .argParser(matching(/^[\w][\w./-]*$/, 'A branch’s name.'))
        .default('main'),
    )
    .addOption(
      new Option('--command <CMD>', 'what starts this program in the repository')
        .argParser(matching(/^[\w./][\w./ -]*$/, 'A path, and words without quotes.'))
        .default('./build'),
    )
    .addOption(
      new Option(
        '--registry <PREFIX>',
        'where images are published (default: `registry` in matrix.yaml, else the repository’s own packages)',
      ).argParser(matching(/^[a-z0-9][a-z0-9.:/_-]*$/, 'A host, perhaps with a path.')),
    )
    .addOption(repositoryOption())
    .action(async (options: EmitGithubOptions) => {
      const { emitGithubCommand } = await import('./emit-github.ts');
      answer(await emitGithubCommand(context, options));
    });
  describeManifests(emit, context, answer);
}

/** Takes what a shell and a YAML file may hold as it is. */
function matching(pattern: RegExp, help: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new InvalidArgumentError(help);
    return text;
  };
}
