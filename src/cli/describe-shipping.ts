/** The commands about what is published and where it goes: their names, arguments and options. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import { parseDuration } from './duration.ts';
import type { MirrorOptions } from './mirror.ts';
import { repositoryOption } from './repository-option.ts';
import type { RestartOptions } from './restart-servers.ts';
import type { ValuesOptions } from './values.ts';
import type { VerifyOptions } from './verify.ts';

/** As commander has it: without `--file` there is no list. */
type ValuesArguments = Omit<ValuesOptions, 'file'> & {
  readonly file?: readonly string[];
  readonly profiles?: string | true;
};

const releaseHelp =
  'a release.json, or its artifact in a registry (default: the repository’s, else the newest of its registry)';

/** Adds the commands to the program; `answer` gets the exit code of the one that is called. */
export function describeShipping(
  program: Command,
  context: CliContext,
  answer: (code: ExitCode) => void,
): void {
  program
    .command('mirror')
    .description('copy images that the family uses unchanged (`mirror:`) into its own registry')
    .argument('[NAME...]', 'mirrors (default: all)')
    .option(
      '--trivy-db',
      'copy the database of known holes that scans go by; mirrors only where named',
      false,
    )
    .option('--trivy-java-db', 'copy the database of Java archives’ names; mirrors only where named', false)
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async (names: string[], options: MirrorOptions) => {
      const { mirrorCommand } = await import('./mirror.ts');
      answer(await mirrorCommand(context, names, options));
    });
  program
    .command('exists')
    .description('tell whether images are in their registries: 0 when all are, 1 when one is not')
    .argument('<REFERENCE...>', '`registry/name:tag` or `registry/name@sha256:…`')
    .action(async (references: string[]) => {
      const { existsCommand } = await import('./exists.ts');
      answer(await existsCommand(context, references));
    });
  program
    .command('verify')
    .description(
      'tell what is proven of published images by those who are trusted: who signed them, what they passed, from what they were built',
    )
    .argument('<REFERENCE...>', '`registry/name:tag`, `registry/name@sha256:…`, or an image of the family')
    .addOption(
      new Option(
        '--key <KEY>',
        'a public key to trust, as file or address; may be repeated (default: `trust` in matrix.yaml)',
      ).argParser((key: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), key]),
    )
    .option('--identity <IDENTITY>', 'who is to be trusted without a key, as certificates name them')
    .option('--identity-regexp <EXPRESSION>', 'the same as a regular expression for the whole of it')
    .option('--issuer <ISSUER>', 'who has to vouch for that identity')
    .option('--issuer-regexp <EXPRESSION>', 'the same as a regular expression for the whole of it')
    .option('--root <FILE>', 'trusted root that the identity is held to (default: Sigstore’s public one)')
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async (references: string[], options: VerifyOptions) => {
      const { verifyCommand } = await import('./verify.ts');
      answer(await verifyCommand(context, references, options));
    });
  program
    .command('values')
    .description('bring Helm values up to the release: nothing but the images in them changes')
    .option('--file <FILE...>', 'values of the zero-to-jupyterhub chart, or of a chart around it')
    .option('--profiles [ROLE]', 'instead: write a profile list from the family, of one role or of each')
    .option('--write', 'change the files (default: show what would change)', false)
    .option(
      '--check',
      'answer 1 where a file names another digest than the release, or an unknown image',
      false,
    )
    .option('--diff', 'show what would change as a patch', false)
    .option(
      '--schema <FILE>',
      'hold the files against the chart’s schema as well (values.schema.json or .yaml)',
    )
    .option('--release <RELEASE>', releaseHelp)
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async ({ file, profiles, ...options }: ValuesArguments) => {
      if (profiles !== undefined) {
        const { valuesProfilesCommand } = await import('./values-profiles.ts');
        return answer(await valuesProfilesCommand(context, profiles, options));
      }
      const { valuesCommand } = await import('./values.ts');
      return answer(await valuesCommand(context, { ...options, file: file ?? [] }));
    });
  describeRestart(program, context, answer);
}

function describeRestart(program: Command, context: CliContext, answer: (code: ExitCode) => void): void {
  program
    .command('restart-servers')
    .description('stop users’ servers that run an older image, so that their next start has the release’s')
    .requiredOption('--hub <URL>', 'where users come in: https://hub.example.org')
    .requiredOption('--token-file <FILE>', 'a token with the scopes list:users, read:servers, delete:servers')
    .addOption(
      new Option('--idle <DURATION>', 'only those in which nothing happened for so long')
        .argParser(parseDuration)
        .default(parseDuration('15m'), '15m'),
    )
    .option('--all', 'also those that somebody works in', false)
    .option('--before <TIME>', 'older is what started before (default: when the release was made)')
    .option('--namespace <NAME>', 'ask the cluster which images the user pods of this namespace run, instead')
    .option('--context <NAME>', 'of the kubeconfig (default: its current one)')
    .option('--kubeconfig <FILE>', 'default: KUBECONFIG, ~/.kube/config, or the pod’s own account')
    .option('--release <RELEASE>', releaseHelp)
    .option('--dry-run', 'show them and stop', false)
    .option('--yes', 'do not ask', false)
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async (options: RestartOptions) => {
      const { restartServersCommand } = await import('./restart-servers.ts');
      answer(await restartServersCommand(context, options));
    });
}
