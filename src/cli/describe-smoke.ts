/** `build smoke`: its arguments and options. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import { profiles } from '../smoke/verdict.ts';
import type { CliContext } from './context.ts';
import { parseDuration } from './duration.ts';
import { repositoryOption } from './repository-option.ts';
import type { SmokeOptions } from './smoke.ts';
import type { SmokeFamilyOptions } from './smoke-family.ts';
import type { SmokeSpawnOptions } from './smoke-spawn.ts';

const help = `
Any image: quay.io/jupyter/base-notebook:latest, my-image, sha256:… What the engine lacks is pulled.
Exit code 1: an image cannot be used; 3: the engine or a registry is missing. Clauses: docs/contract.md

--family plays a day of the family's users in a headless Chromium, beside a real LDAP directory: docs/testing.md
--spawn probes a running hub; exit code 1: failed at a step; 3: nobody answers.`;

type Options = SmokeOptions &
  SmokeFamilyOptions &
  Omit<SmokeSpawnOptions, 'spawn'> & { readonly family: boolean; readonly spawn?: string };

/** Adds the command to the program; `answer` gets its exit code. */
export function describeSmoke(program: Command, context: CliContext, answer: (code: ExitCode) => void): void {
  program
    .command('smoke')
    .description(
      'start images the way the hub starts them, and say clause by clause whether they can be used',
    )
    .argument('[IMAGE...]', 'images of the family (names, definitions, groups, selectors), or any reference')
    .addHelpText('after', help)
    .addOption(
      new Option(
        '--profile <PROFILE>',
        'what it is (default: matrix.yaml’s kind, else guessed from the image)',
      ).choices(profiles),
    )
    .option('--deep', 'also the clauses that take time or odd set-ups', false)
    .addOption(
      new Option(
        '--clause <ID>',
        'only this clause, with those that it needs: S4; may be given again',
      ).argParser((id: string, before: readonly string[] | undefined): readonly string[] => [
        ...(before ?? []),
        ...id.split(','),
      ]),
    )
    .option('--check <COMMAND>', 'for the profile custom: a command that has to succeed inside the image')
    .option('--json', 'one verdict a line on stdout (docs/smoke-json.md)', false)
    .option('--junit <FILE>', 'also write the verdicts as JUnit’s XML')
    .option('--keep', 'leave the containers, and say how to look inside', false)
    .option('--family', 'instead: hub, proxy, database and a course’s images together, end to end', false)
    .option('--course <NAME>', 'with --family: which course (default: the first)')
    .option('--spawn <URL>', 'instead: start, use and stop a server on the running hub at this address')
    .option('--token-file <FILE>', 'with --spawn: holds a token of that hub')
    .option('--user <NAME>', 'with --spawn: whose server (default: the token’s own user)')
    .addOption(
      new Option('--timeout <DURATION>', 'with --spawn: how long a start may take')
        .argParser(parseDuration)
        .default(parseDuration('5m'), '5m'),
    )
    .addOption(repositoryOption())
    .action(async (names: string[], options: Options) => {
      const { spawn } = options;
      if (spawn !== undefined) {
        const { smokeSpawnCommand } = await import('./smoke-spawn.ts');
        return answer(await smokeSpawnCommand(context, { ...options, spawn }));
      }
      if (options.family) {
        const { smokeFamilyCommand } = await import('./smoke-family.ts');
        return answer(await smokeFamilyCommand(context, options));
      }
      const { smokeCommand } = await import('./smoke.ts');
      answer(await smokeCommand(context, names, options));
    });
}
