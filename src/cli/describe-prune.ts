/** The command line of `build prune`: of the registry, or of this machine. */
import { Option, type Command } from 'commander';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import { parseDuration } from './duration.ts';
import type { PruneRegistryOptions } from './prune-registry.ts';
import { repositoryOption } from './repository-option.ts';
import { tell, usage } from './tell.ts';
import { wholeNumberUpTo } from './whole-number.ts';

type PruneArguments = PruneRegistryOptions & { readonly local: boolean };

export function describePrune(program: Command, context: CliContext, answer: (code: ExitCode) => void): void {
  program
    .command('prune')
    .description(
      'let go of what releases left in the registry and nobody needs (--local: in the engine); shows it first',
    )
    .option('--local', 'instead, this machine’s own: records in the engine, folders of runs', false)
    .addOption(
      new Option('--older-than <DURATION>', 'leave what is younger')
        .argParser(parseDuration)
        .default(parseDuration('7d'), '7d'),
    )
    .addOption(
      new Option('--keep-releases <N>', 'leave all that the last N releases name')
        .argParser(wholeNumberUpTo(9999))
        .default(5),
    )
    .option('--deployed <FILE...>', 'leave all that these values or manifests name')
    .option('--from-cluster', 'leave all that a pod of the cluster runs', false)
    .option('--kubeconfig <FILE>', 'default: KUBECONFIG, ~/.kube/config, or the pod’s own account')
    .option('--context <NAME>', 'of the kubeconfig (default: its current one)')
    .option('--yes', 'remove it', false)
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async ({ local, ...options }: PruneArguments) => {
      if (!local) {
        const { pruneRegistryCommand } = await import('./prune-registry.ts');
        return answer(await pruneRegistryCommand(context, options));
      }
      if (options.deployed !== undefined || options.fromCluster || options.json) {
        const help = 'leave out `--local`, or `--deployed`, `--from-cluster` and `--json`';
        await tell(context, [usage('`prune --local` looks at this machine alone', help)]);
        return answer(exitCode.usage);
      }
      const { pruneCommand } = await import('./prune.ts');
      return answer(await pruneCommand(context, options));
    });
}
