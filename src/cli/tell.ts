/** How commands speak besides their results: diagnostics, on stderr. */
import { environmentError, exitCodeOf, type Diagnostic } from '../core/diagnostic.ts';
import type { ExitCode } from '../core/exit-code.ts';
import { asStarted } from '../report/own-command.ts';
import { commandOf, screenOf, type CliContext } from './context.ts';

/** Lines of diagnostics that a pipe gets are not cut to any window. */
const pipeWidth = 120;

/** Shows diagnostics (nothing where there are none) and answers the exit code that they ask for. */
export async function tell(context: CliContext, diagnostics: readonly Diagnostic[]): Promise<ExitCode> {
  if (diagnostics.length > 0) {
    // Most runs have nothing to tell, and need not load what lays it out.
    const { renderDiagnostics } = await import('../report/diagnostics.ts');
    const screen = screenOf(context.stderr, context.env);
    screen.write(
      renderDiagnostics(context.secrets.redactData(diagnostics.map(copyable(commandOf(context.env)))), {
        colour: screen.colour,
        width: screen.width || pipeWidth,
      }),
    );
  }
  return exitCodeOf(diagnostics);
}

/** Before lines are broken: the command may be longer than it is written. */
function copyable(command: string): (diagnostic: Diagnostic) => Diagnostic {
  return ({ message, help, ...rest }) => ({
    ...rest,
    message: asStarted(message, command),
    ...(help === undefined ? {} : { help: asStarted(help, command) }),
  });
}

/** What to do where a registry does not answer as it should. */
export const registryHelp = 'check the address, the network, and the login (`docker login`)';

/** A registry that cannot be asked: exit code 3. */
export function unreachable(message: string): Diagnostic {
  return environmentError('registry-unreachable', message, registryHelp);
}

/** A mistake in the arguments: exit code 2. */
export function usage(message: string, help: string): Diagnostic {
  return { category: 'usage', severity: 'error', code: 'usage', message, help };
}
