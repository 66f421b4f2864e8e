/** Puts the process's context together, and sees to it that Ctrl-C ends a run in order. */
import { setImmediate as immediately } from 'node:timers/promises';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { passwordIn, Redactor } from '../core/redact.ts';
import type { CliContext } from './context.ts';
import { runCommandLine } from './program.ts';

/** Runs a command line in this process; answers its exit code. */
export async function main(args: readonly string[], version: string): Promise<ExitCode> {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    // Somebody who asks twice does not want to wait for the end in order.
    if (interrupt.signal.aborted) process.exit(exitCode.interrupted);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const { env, stdout, stderr } = process;
  const secrets = secretsOf(env);
  const context: CliContext = {
    cwd: process.cwd(),
    env,
    args,
    version,
    secrets,
    stdout,
    stderr,
    // To look at it opens it, and few commands ask anything.
    get stdin() {
      return process.stdin;
    },
    signal: interrupt.signal,
  };
  let lost: string | undefined;
  for (const stream of [stdout, stderr]) {
    stream.on('error', ({ code }: NodeJS.ErrnoException) => {
      // A reader that has gone (`| head`) wants no more, and a disk that is full takes no more: what runs is ended in
      // order, as by Ctrl-C.
      if (code !== 'EPIPE')
        lost ??= `error: the output cannot be written (${code ?? 'for no known reason'})\n`;
      interrupt.abort();
    });
  }
  const ended = await run(context);
  const code = interrupt.signal.aborted ? exitCode.interrupted : ended;
  // What the last words met with is told in the next turn.
  await immediately();
  if (lost === undefined) return code;
  stderr.write(lost);
  return exitCode.environment;
}

async function run(context: CliContext): Promise<ExitCode> {
  try {
    return await runCommandLine(context);
  } catch (error) {
    if (context.signal.aborted) return exitCode.interrupted;
    const { writingRefused } = await import('../core/system-trouble.ts');
    const refused = writingRefused(error);
    if (refused !== undefined) return await (await import('./tell.ts')).tell(context, [refused]);
    context.stderr.write(`${describeBug(error, context.env, context.secrets)}\n`);
    return exitCode.imageFailed;
  }
}

/** Whatever gets here is a bug: a person is told so, and how to see more. */
export function describeBug(error: unknown, env: CliContext['env'], secrets: Redactor): string {
  const message = error instanceof Error ? error.message : String(error);
  const more =
    (env['HUBWRIGHT_DEBUG'] ?? '') !== '' && error instanceof Error ? `\n${error.stack ?? ''}` : '';
  return secrets.redact(
    `internal error: ${message}\n  this is a mistake in hubwright itself; HUBWRIGHT_DEBUG=1 shows where${more}`,
  );
}

/** Variables that hold a secret by what they are for. */
const secretNames = ['COSIGN_PASSWORD', 'SIGSTORE_ID_TOKEN', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'VAULT_TOKEN'];

/** The secrets that the environment is known to hold: those, and the logins in addresses such as a proxy's. */
export function secretsOf(env: CliContext['env']): Redactor {
  const secrets = new Redactor();
  for (const name of secretNames) secrets.add(env[name] ?? '');
  for (const value of Object.values(env)) {
    const password = passwordIn(value ?? '');
    if (password === undefined) continue;
    secrets.add(password);
    secrets.add(decoded(password));
  }
  return secrets;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
