/** `build doctor`: each thing that this machine needs: found, version, how to get it. Changes nothing. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { renderRequirements } from '../report/requirements.ts';
import { localHost } from '../setup/host.ts';
import { inspectMachine } from '../setup/inspect-machine.ts';
import { screenOf, type CliContext } from './context.ts';
import { familyWants } from './set-up.ts';
import { openWorkplace } from './workplace.ts';

export interface DoctorOptions {
  readonly tests: boolean;
  readonly browser: boolean;
  readonly scanner: boolean;
  readonly json: boolean;
}

export async function doctorCommand(context: CliContext, options: DoctorOptions): Promise<ExitCode> {
  await using workplace = openWorkplace(context);
  const { requirements } = await inspectMachine(
    localHost,
    (signal) => workplace.engine.info(signal),
    {
      bootstrap: true,
      tests: options.tests,
      browser: options.browser,
      ...(await familyWants(context, options.scanner)),
    },
    context.signal,
  );
  const screen = screenOf(context.stdout, context.env);
  if (options.json) context.stdout.write(`${JSON.stringify(requirements, null, 2)}\n`);
  else screen.write(renderRequirements(requirements, screen));
  return requirements.every(({ state }) => state === 'ok') ? exitCode.ok : exitCode.environment;
}
