/** Puts the process's context together, and sees to it that Ctrl-C ends a run in order. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { CliContext } from './context.ts';
import { runCommandLine } from './program.ts';

/** Runs a command line in this process; answers its exit code. `home` is the folder of build.ts. */
export async function main(args: readonly string[], version: string, home: string): Promise<ExitCode> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    // Somebody who asks twice does not want to wait for the end in order.
    if (interrupt.signal.aborted) process.exit(exitCode.interrupted);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const { env, stdout, stderr, stdin } = process;
  const context: CliContext = {
    cwd: process.cwd(),
    home,
    env,
    args,
    version,
    stdout,
    stderr,
    stdin,
    signal: interrupt.signal,
  };
  const code = await runCommandLine(context);
  return interrupt.signal.aborted ? exitCode.interrupted : code;
}
