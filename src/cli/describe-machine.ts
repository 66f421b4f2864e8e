/** The commands about this machine and its own registry: their names, arguments and options. */
import { Option, type Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import type { DoctorOptions } from './doctor.ts';
import type { RegistryStartOptions } from './registry.ts';
import { wholeNumberUpTo } from './whole-number.ts';
import { repositoryOption } from './repository-option.ts';

type Answer = (code: ExitCode) => void;

/** Adds the commands to the program; `answer` gets the exit code of the one that is called. */
export function describeMachine(program: Command, context: CliContext, answer: Answer): void {
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

/** The same of the local registry. */
export function describeRegistry(program: Command, context: CliContext, answer: Answer): void {
  const registry = program.command('registry').description('a local registry, from the family’s own image');
  registry
    .command('start')
    .addOption(
      new Option('--port <PORT>', 'port on this machine').argParser(wholeNumberUpTo(65_535)).default(5000),
    )
    .option('--ca <FILE>', 'certificate authorities that its build shall trust')
    .addOption(repositoryOption())
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
