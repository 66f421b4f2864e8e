/** The commands under `build prepull`: their names, arguments and options. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { Quorum } from '../ship/prepull/judge.ts';
import type { CliContext } from './context.ts';
import { parseDuration } from './duration.ts';
import type { ApplyOptions } from './prepull-apply.ts';
import type { DeleteOptions, RbacOptions, StatusOptions } from './prepull-delete.ts';
import type { GenerateOptions } from './prepull-generate.ts';
import type { WaitOptions } from './prepull-wait.ts';
import { repositoryOption } from './repository-option.ts';
import { wholeNumberUpTo } from './whole-number.ts';

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
    .option('-n, --namespace <NAME>', namespaceHelp)
    .option('--priority-class', 'also a PriorityClass between placeholders and users', false)
    .option('--create-namespace', 'also the pools’ namespaces', false)
    .addOption(fromCluster())
    .option('--kubeconfig <FILE>', `with --from-cluster: ${kubeconfigHelp}`)
    .option('--context <NAME>', `with --from-cluster: ${contextHelp}`)
    .action(async (options: GenerateOptions & { readonly fromCluster: boolean }) => {
      if (options.fromCluster) {
        const { prepullPoolsCommand } = await import('./prepull-pools.ts');
        return answer(await prepullPoolsCommand(context, options));
      }
      const { prepullGenerateCommand } = await import('./prepull-generate.ts');
      return answer(await prepullGenerateCommand(context, options));
    });
  describeChanges(prepull, context, answer);
  describeLooks(prepull, context, answer);
}

/** What is written then is not manifests, and says nothing of images. */
function fromCluster(): Option {
  return new Option(
    '--from-cluster',
    'instead of manifests a `pools:` block for matrix.yaml, from the cluster’s nodes',
  )
    .default(false)
    .conflicts(['pool', 'values', 'release', 'pause', 'format', 'output', 'namespace', 'priorityClass'])
    .conflicts(['createNamespace']);
}

/** For commands that change or read a cluster. */
function withFound(command: Command, help: string): Command {
  return command.option('--from-cluster', help, false);
}

const foundNodes = 'also pools found from the cluster’s nodes, with what users start of `default`';
const foundSets = 'the pools that were applied in the cluster, whatever matrix.yaml says';

function describeChanges(prepull: Command, context: CliContext, answer: Answer): void {
  withFound(withApply(inCluster(forPools(prepull.command('apply')))), foundNodes)
    .description(
      'give the pools of a cluster the release’s images: first the pods alone, then, staggered, the images',
    )
    .action(async (options: ApplyOptions) => {
      const { prepullApplyCommand } = await import('./prepull-apply.ts');
      answer(await prepullApplyCommand(context, options));
    });
  withFound(withWait(withApply(inCluster(forPools(prepull.command('run'))))), foundNodes)
    .description('apply, and wait until the nodes have the images')
    .action(async (options: ApplyOptions & WaitOptions) => {
      const { prepullRunCommand } = await import('./prepull-apply.ts');
      answer(await prepullRunCommand(context, options));
    });
  withFound(inCluster(choosing(prepull.command('delete'))), foundSets)
    .description('take the DaemonSets out again; images stay on the nodes')
    .addOption(
      new Option('--deadline <DURATION>', 'how long to wait for the pods’ end')
        .argParser(parseDuration)
        .default(120_000, '2m'),
    )
    .action(async (options: DeleteOptions) => {
      const { prepullDeleteCommand } = await import('./prepull-delete.ts');
      answer(await prepullDeleteCommand(context, options));
    });
}

function describeLooks(prepull: Command, context: CliContext, answer: Answer): void {
  withFound(withWait(inCluster(choosing(prepull.command('wait')))), foundSets)
    .description('wait until the nodes have what was applied')
    .action(async (options: WaitOptions) => {
      const { prepullWaitCommand } = await import('./prepull-wait.ts');
      answer(await prepullWaitCommand(context, options));
    });
  withFound(inCluster(choosing(prepull.command('status'))), foundSets)
    .description('tell how far the nodes are: 0 when all have everything, else 1')
    .action(async (options: StatusOptions) => {
      const { prepullStatusCommand } = await import('./prepull-delete.ts');
      answer(await prepullStatusCommand(context, options));
    });
  choosing(prepull.command('rbac'))
    .description('write the Role that these commands need')
    .option('-n, --namespace <NAME>', 'where the user pods run (default: the pools’)')
    .option('--user <NAME>', 'bind it to a user')
    .option('--group <NAME>', 'bind it to a group')
    .option('--service-account <[NAMESPACE/]NAME>', 'bind it to a ServiceAccount')
    .option('--cluster', 'also what `--priority-class` and `--create-namespace` need', false)
    .action(async (options: RbacOptions) => {
      const { prepullRbacCommand } = await import('./prepull-delete.ts');
      answer(await prepullRbacCommand(context, options));
    });
}

function choosing(command: Command): Command {
  return command
    .option('--pool <NAME...>', 'pools by name (default: all)')
    .option('--values <FILE...>', 'also pools found in zero-to-jupyterhub’s values; those of matrix.yaml win')
    .addOption(repositoryOption());
}

function forPools(command: Command): Command {
  return choosing(command)
    .option('--release <FILE>', 'a release.json, or its artifact in a registry (default: the repository’s)')
    .option('--pause <REFERENCE>', 'image that keeps the pods running, with its digest');
}

function inCluster(command: Command): Command {
  return command
    .option('--kubeconfig <FILE>', kubeconfigHelp)
    .option('--context <NAME>', contextHelp)
    .option('-n, --namespace <NAME>', namespaceHelp)
    .option('--json', 'one event a line on stdout', false);
}

const kubeconfigHelp = 'default: KUBECONFIG, ~/.kube/config, or the pod’s own account';
const contextHelp = 'the kubeconfig’s context (default: its current one)';
const namespaceHelp = 'where the user pods run (default: the pool’s, else the context’s)';

function withApply(command: Command): Command {
  return command
    .option('--priority-class', 'also make a PriorityClass between placeholders and users', false)
    .option('--create-namespace', 'also make the pools’ namespaces', false)
    .option('--force-conflicts', 'take over what somebody else manages', false);
}

function withWait(command: Command): Command {
  return command
    .addOption(
      new Option('--quorum <SHARE>', 'how many nodes are enough: `98%` or a number')
        .argParser(parseQuorum)
        .default({ kind: 'share', percent: 100 } satisfies Quorum, '100%'),
    )
    .addOption(
      new Option('--deadline <DURATION>', 'give up after so long')
        .argParser(parseDuration)
        .default(1_800_000, '30m'),
    )
    .addOption(
      new Option('--min-nodes <N>', 'fewer nodes than these are too few, whatever they have')
        .argParser(wholeNumberUpTo(999_999))
        .default(1),
    );
}

/** How many nodes are enough. */
export function parseQuorum(text: string): Quorum {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (share !== undefined && Number(share) > 0 && Number(share) <= 100)
    return { kind: 'share', percent: Number(share) };
  if (share === undefined && /^[1-9]\d*$/.test(text)) return { kind: 'number', nodes: Number(text) };
  throw new InvalidArgumentError('It must be a share such as `98%`, or a number of nodes.');
}
