/** The commands that build, and that tell what would be built: their names, arguments and options. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import { parseDuration } from './duration.ts';
import type { ExplainOptions } from './explain.ts';
import type { LockOptions } from './lock.ts';
import type { PlanOptions } from './plan.ts';
import { repositoryOption } from './repository-option.ts';
import type { WatchOptions } from './watch.ts';
import { wholeNumberUpTo } from './whole-number.ts';
import type { Workplace } from './workplace.ts';

type Answer = (code: ExitCode) => void;

const selectorHelp = `
Selectors:
  base, course     an image; a definition or a group: all its images
  'course-*'       images by their names: * is any characters, ? is one
  role=student     images with this value of an axis; a=x,b=y: with both
  +x, x+, +x+      with all that x stands on; with all that stands on x; with both
  '!x'             without x, wherever it is written; alone: the group default without x
Quote * ? and ! for your shell.`;

/** Adds the commands to the program; `answer` gets the exit code of the one that is called. */
export function describeBuilds(program: Command, context: CliContext, answer: Answer): void {
  describeImages(program, context, answer);
  describePlan(program, context, answer);
  describeExplain(program, context, answer);
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
      ).argParser(wholeNumberUpTo(65_535)),
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
    .addOption(repositoryOption())
    .action(async (names: string[], options: WatchOptions) => {
      if (options.watch || options.load !== undefined) {
        const { watchCommand } = await import('./watch.ts');
        return answer(await watchCommand(context, names, options));
      }
      // With --setup there may be no engine yet.
      const workplace = options.setup ? undefined : await openAhead(context);
      const { imagesCommand } = await import('./images.ts');
      return answer(await imagesCommand(context, names, options, workplace));
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
    .addOption(repositoryOption())
    .action(async (names: string[], options: PlanOptions) => {
      const workplace = options.against === undefined ? await openAhead(context) : undefined;
      const { planCommand } = await import('./plan.ts');
      answer(await planCommand(context, names, options, workplace));
    });
}

function describeExplain(program: Command, context: CliContext, answer: Answer): void {
  program
    .command('explain')
    .description('tell why an image would be rebuilt, along the chain to the first cause')
    .argument('[IMAGE...]', 'images, definitions, groups or other selectors')
    .option('--if-changed <PATH...>', 'instead: which images a change of these files would rebuild')
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async (names: string[], options: ExplainOptions) => {
      const { explainCommand } = await import('./explain.ts');
      answer(await explainCommand(context, names, options));
    });
}

/** The same of `build lock`. */
export function describeLock(program: Command, context: CliContext, answer: Answer): void {
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
    .addOption(repositoryOption())
    .action(async (names: string[], options: LockOptions) => {
      const { lockCommand } = await import('./lock.ts');
      answer(await lockCommand(context, names, options));
    });
}

/** What the engine is asked first of all is on its way before what reads its answer is loaded. */
async function openAhead(context: CliContext): Promise<Workplace> {
  const { openAsking } = await import('./workplace.ts');
  return await openAsking(context);
}
