/**
 * The command line: names, arguments and options of all commands. Each command's own file is loaded when it is
 * called, so that `build --version` and a mistyped option answer at once.
 */
import { Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { wrapWords } from '../report/wrap-words.ts';
import { screenOf, type CliContext } from './context.ts';
import { describeEmit } from './describe-emit.ts';
import { describeLoad } from './describe-manifests.ts';
import { describeFamily } from './describe-family.ts';
import { describeScan } from './describe-scan.ts';
import { describeSmoke } from './describe-smoke.ts';
import { describePrepull } from './describe-prepull.ts';
import { describeShipping } from './describe-shipping.ts';
import { describeNightly } from './describe-nightly.ts';
import type { DoctorOptions } from './doctor.ts';
import { parseDuration } from './duration.ts';
import type { ExplainOptions } from './explain.ts';
import type { WatchOptions } from './watch.ts';
import type { LockOptions } from './lock.ts';
import type { PlanOptions } from './plan.ts';
import { describePrune } from './describe-prune.ts';
import type { RegistryStartOptions } from './registry.ts';

/** Runs the command line. Mistakes in arguments are told on stderr and answer 2. */
export async function runCommandLine(context: CliContext): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = describe(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...context.args], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
}

/** A switch that is off says nothing by "(default: false)". */
function optionDescription(option: Option): string {
  return option.defaultValue === false ? option.description : new Help().optionDescription(option);
}

const selectorHelp = `
Selectors:
  base, course     an image; a definition or a group: all its images
  'course-*'       images by their names: * is any characters, ? is one
  role=student     images with this value of an axis; a=x,b=y: with both
  +x, x+, +x+      with all that x stands on; with all that stands on x; with both
  '!x'             without x, wherever it is written; alone: the group default without x
Quote * ? and ! for your shell.`;

/** What each command is about: two dozen in one list are not found by anybody. */
const helpGroups: Readonly<Record<string, string>> = {
  images: 'Build and test:',
  plan: 'Build and test:',
  explain: 'Build and test:',
  smoke: 'Build and test:',
  scan: 'Build and test:',
  nightly: 'Build and test:',
  list: 'The family’s files:',
  add: 'The family’s files:',
  remove: 'The family’s files:',
  init: 'The family’s files:',
  lock: 'The family’s files:',
  verify: 'The registry:',
  exists: 'The registry:',
  mirror: 'The registry:',
  prune: 'The registry:',
  registry: 'The registry:',
  values: 'The hub and its cluster:',
  prepull: 'The hub and its cluster:',
  'restart-servers': 'The hub and its cluster:',
  emit: 'The hub and its cluster:',
  load: 'The hub and its cluster:',
  setup: 'This machine:',
  doctor: 'This machine:',
};

type Answer = (code: ExitCode) => void;

function describe(context: CliContext, answer: Answer): Command {
  const program = new Command('build')
    .description('Builds, tests and ships a family of container images for JupyterHub.')
    .version(`hubwright ${context.version}`, '--version', 'print the version')
    .helpOption('--help', 'show this, or a command’s help')
    .configureHelp({ optionDescription })
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
      // commander knows a help's width, and not an error's.
      outputError: (text, write) => write(wrapLines(text, screenOf(context.stderr, context.env).width)),
    })
    .showHelpAfterError('(`--help` shows what there is)')
    .exitOverride();
  describeImages(program, context, answer);
  describePlan(program, context, answer);
  describeExplain(program, context, answer);
  describeSmoke(program, context, answer);
  describeScan(program, context, answer);
  describeFamily(program, context, answer);
  describeLock(program, context, answer);
  describeNightly(program, context, answer);
  describePrune(program, context, answer);
  describeShipping(program, context, answer);
  describePrepull(program, context, answer);
  describeEmit(program, context, answer);
  describeLoad(program, context, answer);
  describeMachine(program, context, answer);
  describeRegistry(program, context, answer);
  for (const command of program.commands) command.helpGroup(helpGroups[command.name()] ?? 'Others:');
  return program;
}

function describeImages(program: Command, context: CliContext, answer: Answer): void {
  program
    .command('images')
    .description('build, check and, with --push, publish images; parents come along where they are needed')
    .argument(
      '[NAME...]',
      'images, definitions, groups or other selectors (see below); default: the group `default`',
    )
    .addHelpText('after', selectorHelp)
    .option('--changed', 'only what the record lacks: unchanged images that passed are left alone', false)
    .option('--force', 'build and check everything named, whatever the record says', false)
    .option('--no-cache', 'build without the engine’s layer cache')
    .option('--push', 'publish what passed to the registry', false)
    .addOption(
      new Option(
        '--jobs <N>',
        'builds at once (default: four more than the engine has processors)',
      ).argParser(positiveInteger),
    )
    .addOption(
      new Option(
        '--idle-timeout <DURATION>',
        'end a build that is silent for so long and makes no progress (default: 20m)',
      ).argParser(parseDuration),
    )
    .option('--deep', 'check the deep tier as well: what takes time or odd set-ups', false)
    .option('--fail-fast', 'end everything at the first failure', false)
    .option('--dry-run', 'show the plan and stop', false)
    .option('--json', 'one event a line on stdout', false)
    .option('--verbose', 'show what builds print', false)
    .option('--setup', 'first install and start what this machine lacks', false)
    .option('--yes', 'do not ask before setting up', false)
    .option('--ca <FILE>', 'certificate authorities that builds shall trust, as the build secret `ca`')
    .option('--watch', 'again on each save, until Ctrl-C', false)
    .option('--load <WHERE>', 'bring what passed into a local cluster: `kind` or `containerd`')
    .option('--cluster <NAME>', 'of kind', 'jupyterhub')
    .option('--address <SOCKET>', 'containerd’s', '/run/containerd/containerd.sock')
    .option('-C, --directory <DIR>', 'the repository (default: the nearest folder with a matrix.yaml)')
    .action(async (names: string[], options: WatchOptions) => {
      if (options.watch || options.load !== undefined) {
        const { watchCommand } = await import('./watch.ts');
        return answer(await watchCommand(context, names, options));
      }
      const { imagesCommand } = await import('./images.ts');
      return answer(await imagesCommand(context, names, options));
    });
}

function describePlan(program: Command, context: CliContext, answer: Answer): void {
  program
    .command('plan')
    .description('show what `images --changed` would do, and why')
    .argument(
      '[NAME...]',
      'images, definitions, groups or other selectors (see below); default: the group `default`',
    )
    .addHelpText('after', selectorHelp)
    .addOption(
      new Option('--format <FORMAT>', 'how to show it')
        .choices(['tree', 'json', 'dot', 'mermaid', 'github-matrix'])
        .default('tree'),
    )
    .option('--against <FILE>', 'compare with an earlier plan’s JSON; asks neither engine nor registry')
    .option(
      '--inputs',
      'in the JSON, also what each key was made from: for `--against` to tell reasons',
      false,
    )
    .option('--push', 'also what is missing in the registry', false)
    .option('-C, --directory <DIR>', 'the repository (default: the nearest folder with a matrix.yaml)')
    .action(async (names: string[], options: PlanOptions) => {
      const { planCommand } = await import('./plan.ts');
      answer(await planCommand(context, names, options));
    });
}

function describeExplain(program: Command, context: CliContext, answer: Answer): void {
  program
    .command('explain')
    .description('tell why an image would be rebuilt, along the chain to the first cause')
    .argument('[IMAGE...]', 'images, definitions, groups or other selectors')
    .option('--if-changed <PATH...>', 'instead: which images a change of these files would rebuild')
    .option('--json', 'as JSON', false)
    .option('-C, --directory <DIR>', 'the repository (default: the nearest folder with a matrix.yaml)')
    .action(async (names: string[], options: ExplainOptions) => {
      const { explainCommand } = await import('./explain.ts');
      answer(await explainCommand(context, names, options));
    });
}

function describeLock(program: Command, context: CliContext, answer: Answer): void {
  program
    .command('lock')
    .description(
      'write down what is missing of digests, commits, days and Python versions; with NAME, of these alone',
    )
    .argument('[NAME...]', 'roots, mirrors, git addresses, images or other selectors (see below)')
    .addHelpText('after', selectorHelp)
    .option('--update', 'move also what is locked already: all of it, or that of NAME', false)
    .option('--bootstrap', 'make a `bootstrap:` root where no registry has it', false)
    .option('--ca <FILE>', 'certificate authorities that builds shall trust')
    .option('-C, --directory <DIR>', 'the repository (default: the nearest folder with a matrix.yaml)')
    .action(async (names: string[], options: LockOptions) => {
      const { lockCommand } = await import('./lock.ts');
      answer(await lockCommand(context, names, options));
    });
}

function describeMachine(program: Command, context: CliContext, answer: Answer): void {
  program
    .command('setup')
    .description('install and start what this machine lacks; says first what it will do')
    .option('--yes', 'do not ask', false)
    .option('--tests', 'also what the project’s own tests need', false)
    .option('--browser', 'also what `smoke --family` needs: Chromium', false)
    .option('--scanner', 'also what scanning needs: Trivy, built with Go where no package has it', false)
    .action(async (options: { yes: boolean; tests: boolean; browser: boolean; scanner: boolean }) => {
      const { setupCommand } = await import('./set-up.ts');
      answer(await setupCommand(context, options));
    });
  program
    .command('doctor')
    .description('tell what is there, what is missing, and how to get it')
    .option('--tests', 'also what the project’s own tests need', false)
    .option('--browser', 'also what `smoke --family` needs: Chromium', false)
    .option('--scanner', 'also what scanning needs: Trivy, built with Go where no package has it', false)
    .option('--json', 'as JSON', false)
    .action(async (options: DoctorOptions) => {
      const { doctorCommand } = await import('./doctor.ts');
      answer(await doctorCommand(context, options));
    });
}

function describeRegistry(program: Command, context: CliContext, answer: Answer): void {
  const registry = program.command('registry').description('a local registry, from the family’s own image');
  registry
    .command('start')
    .addOption(new Option('--port <PORT>', 'port on this machine').argParser(positiveInteger).default(5000))
    .option('--ca <FILE>', 'certificate authorities that its build shall trust')
    .option('-C, --directory <DIR>', 'the repository (default: the nearest folder with a matrix.yaml)')
    .action(async (options: RegistryStartOptions) => {
      const { registryStartCommand } = await import('./registry.ts');
      answer(await registryStartCommand(context, options));
    });
  registry.command('stop').action(async () => {
    const { registryStopCommand } = await import('./registry.ts');
    answer(await registryStopCommand(context));
  });
  registry.command('status').action(async () => {
    const { registryStatusCommand } = await import('./registry.ts');
    answer(await registryStatusCommand(context));
  });
}

function positiveInteger(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return number;
}

function wrapLines(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => wrapWords(line, width))
    .join('\n');
}
