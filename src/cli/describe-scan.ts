/** `build scan`: its arguments and options. */
import type { Command } from 'commander';
import type { ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import { repositoryOption } from './repository-option.ts';
import type { ScanOptions } from './scan.ts';

const help = `
By the policy of matrix.yaml (\`scan:\`), else: critical holes that a newer version mends, and secrets.
Exit code 1: something is against the policy, or known and overdue; 3: Trivy, its database or a registry is missing.
docs/scanning.md`;

/** Adds the command to the program; `answer` gets its exit code. */
export function describeScan(program: Command, context: CliContext, answer: (code: ExitCode) => void): void {
  program
    .command('scan')
    .description('tell what known holes and secrets are in images, where they came in and whom they reach')
    .argument(
      '[IMAGE...]',
      'images of the family (names, definitions, groups, selectors) or any reference; default: the group `default`',
    )
    .addHelpText('after', help)
    .option('--from-sbom', 'what is published, by the bill of materials kept with it: pulls no layer', false)
    .option('--no-keep', 'with --from-sbom: do not write into the registry since when something is there')
    .option('--json', 'as JSON', false)
    .addOption(repositoryOption())
    .action(async (names: string[], options: ScanOptions) => {
      const { scanCommand } = await import('./scan.ts');
      answer(await scanCommand(context, names, options));
    });
}
