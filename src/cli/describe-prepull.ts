/** The commands under `build prepull`: their names, arguments and options. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import type { GenerateOptions } from './prepull-generate.ts';

type Answer = (code: ExitCode) => void;

/** Adds the commands to the program; `answer` gets the exit code of the one that is called. */
export function describePrepull(program: Command, context: CliContext, answer: Answer): void {
  const prepull = program
    .command('prepull')
    .description('bring the release’s images to the nodes of a cluster before users come (docs/prepull.md)');
  forPools(prepull.command('generate'))
    .description('write manifests: one DaemonSet for each pool of matrix.yaml')
    .addOption(
      new Option('--format <FORMAT>', 'how').choices(['yaml', 'json', 'kustomize', 'values']).default('yaml'),
    )
    .option('--output <DIR>', 'into files of this folder (default: one stream on stdout)')
    .option('--priority-class', 'also a PriorityClass between placeholders and users', false)
    .option('--create-namespace', 'also the pools’ namespaces', false)
    .action(async (options: GenerateOptions) => {
      const { prepullGenerateCommand } = await import('./prepull-generate.ts');
      answer(await prepullGenerateCommand(context, options));
    });
}

function forPools(command: Command): Command {
  return command
    .option('--pool <NAME...>', 'pools of matrix.yaml (default: all)')
    .option('--release <FILE>', 'the release (default: the repository’s release.json)')
    .option('--pause <REFERENCE>', 'image that keeps the pods running, with its digest')
    .option('-n, --namespace <NAME>', 'where the user pods run (default: the pool’s, else the kubeconfig’s)')
    .option('-C, --directory <DIR>', 'the repository (default: the nearest folder with a matrix.yaml)');
}
