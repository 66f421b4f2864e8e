/** The command for the night: its name, arguments and options. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import { isDay } from '../matrix/day.ts';
import type { Quorum } from '../ship/prepull/judge.ts';
import type { CliContext } from './context.ts';
import { parseQuorum } from './describe-prepull.ts';
import { parseDuration } from './duration.ts';
import type { NightlyOptions } from './nightly.ts';
import { repositoryOption } from './repository-option.ts';
import { wholeNumberUpTo } from './whole-number.ts';

const help = `
Builds what would be another with today's packages and roots, throws away what nobody could tell
from what is published, and publishes the rest once it has passed, deep tier included. matrix.lock
moves only for what is published: commit it, and with --python the requirements.lock files.
docs/nightly.md tells how to run it every night.`;

/** Adds the command to the program; `answer` gets its exit code. */
export function describeNightly(
  program: Command,
  context: CliContext,
  answer: (code: ExitCode) => void,
): void {
  program
    .command('nightly')
    .description(
      'take today’s packages and roots into the images that differ by them, and publish those alone',
    )
    .argument('[NAME...]', 'images, definitions, groups or other selectors; default: the group `default`')
    .addHelpText('after', help)
    .option('--dry-run', 'ask what has moved and tell what would be tried; build and move nothing', false)
    .option(
      '--security-only',
      'only images whose known holes a newer package mends; asks their bills of materials',
      false,
    )
    .option('--python', 'also the packages of requirements.lock files, computed anew and written back')
    .option('--no-python', 'not those, whatever `nightly: { python }` in matrix.yaml says')
    .option('--git', 'also the commits of cloned course repositories', false)
    .addOption(
      new Option('--day <DAY>', 'take this day for today: YYYY-MM-DD (default: today, UTC)').argParser(day),
    )
    .option('--no-push', 'keep what changed in the engine, publish nothing')
    .option('--prepull', 'then bring the release to the nodes of the pools in matrix.yaml, and wait', false)
    .option('--pool <NAME...>', 'with --prepull: these pools (default: all)')
    .addOption(
      new Option('--quorum <SHARE>', 'with --prepull: how many nodes are enough, `98%` or a number')
        .argParser(parseQuorum)
        .default({ kind: 'share', percent: 100 } satisfies Quorum, '100%'),
    )
    .addOption(
      new Option('--deadline <DURATION>', 'with --prepull: give up after so long')
        .argParser(parseDuration)
        .default(1_800_000, '30m'),
    )
    .option(
      '--pause <REFERENCE>',
      'with --prepull: the image that keeps the pullers running (default: the release’s `pause`)',
    )
    .option(
      '--kubeconfig <FILE>',
      'with --prepull: default KUBECONFIG, ~/.kube/config, or the pod’s own account',
    )
    .option('--context <NAME>', 'with --prepull: the kubeconfig’s context (default: its current one)')
    .option('--values <FILE...>', 'then, once the nodes have it, write the release into these Helm values')
    .option('--summary <FILE>', 'write the summary there as well, as Markdown')
    .addOption(new Option('--jobs <N>', 'builds at once').argParser(wholeNumberUpTo(65_535)))
    .option('--json', 'the summary as JSON on stdout', false)
    .option('--verbose', 'show what builds print', false)
    .option('--ca <FILE>', 'certificate authorities that builds shall trust, as the build secret `ca`')
    .addOption(repositoryOption())
    .action(async (names: string[], options: NightlyOptions) => {
      const { nightlyCommand } = await import('./nightly.ts');
      answer(await nightlyCommand(context, names, options));
    });
}

function day(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError('A day is written YYYY-MM-DD.');
  return text;
}
