/** The commands under `build emit` and `build load`: their names, arguments and options. */
import type { Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import type { EmitHubOptions, EmitKindOptions, EmitNamespacesOptions, EmitNfsOptions } from './emit.ts';
import type { LoadOptions } from './load.ts';
import { repositoryOption } from './repository-option.ts';

type Answer = (code: ExitCode) => void;

/** Adds what `emit` writes besides workflows; `answer` gets the exit code of the command that is called. */
export function describeManifests(emit: Command, context: CliContext, answer: Answer): void {
  into(emit.command('nfs'))
    .description('nbgrader’s exchange over NFS: server, disk, a volume for each export')
    .option('--image <NAME>', 'the server’s image', 'nfs')
    .option('--namespace <NAME>', 'where the hub is', 'jupyterhub')
    .option('--size <SIZE>', 'of its disk', '10Gi')
    .action(async (options: EmitNfsOptions) => {
      const { emitNfsCommand } = await import('./emit.ts');
      answer(await emitNfsCommand(context, options));
    });
  into(emit.command('namespaces'))
    .description('a namespace for each user, annotated for the menu of notebook directories')
    .requiredOption('--users <FILE>', 'a YAML list of users: `- ada`, `- { user: ada, directories: {…} }`')
    .option('--template <TEXT>', 'a namespace’s name, as the hub’s USER_NAMESPACE_TEMPLATE', '{userid}')
    .action(async (options: EmitNamespacesOptions) => {
      const { emitNamespacesCommand } = await import('./emit.ts');
      answer(await emitNamespacesCommand(context, options));
    });
  into(emit.command('hub'))
    .description('hub and proxy without Helm: a base for kustomize; overlays local, staging, production')
    .option('--hub <NAME>', 'the hub’s image', 'hub')
    .option('--proxy <NAME>', 'the proxy’s image', 'proxy')
    .option('--singleuser <NAME>', 'what users get', 'base')
    .action(async (options: EmitHubOptions) => {
      const { emitHubCommand } = await import('./emit.ts');
      answer(await emitHubCommand(context, options));
    });
  into(emit.command('kind'))
    .description('a cluster of kind’s on this machine')
    .option('--cluster <NAME>', 'its name', 'jupyterhub')
    .action(async (options: EmitKindOptions) => {
      const { emitKindCommand } = await import('./emit.ts');
      answer(await emitKindCommand(context, options));
    });
}

/** Adds `load` to the program. */
export function describeLoad(program: Command, context: CliContext, answer: Answer): void {
  program
    .command('load')
    .description(
      'bring images that passed from this machine’s engine into a local cluster, without a registry',
    )
    .argument('<WHERE>', '`kind`, or `containerd`: that of this machine')
    .argument('[NAME...]', 'images, definitions, groups or other selectors; default: the group `default`')
    .option('--cluster <NAME>', 'of kind', 'jupyterhub')
    .option('--address <SOCKET>', 'containerd’s', '/run/containerd/containerd.sock')
    .addOption(repositoryOption())
    .action(async (where: string, names: string[], options: LoadOptions) => {
      const { loadCommand } = await import('./load.ts');
      answer(await loadCommand(context, where, names, options));
    });
}

function into(command: Command): Command {
  return command
    .option('--output <DIR>', 'into files of this folder; nothing is overwritten')
    .option('--force', 'overwrite what is there', false)
    .addOption(repositoryOption());
}
