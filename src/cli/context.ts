/** What a command gets from the process: made once, in build.ts, and handed down. */
import type { Redactor } from '../core/redact.ts';
import { asStarted, startedAs } from '../report/own-command.ts';
import type { Write } from '../report/reporter.ts';

export interface CliContext {
  /** Where the user stands. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Arguments as typed, without node and script. */
  readonly args: readonly string[];
  readonly version: string;
  /** What must never be told: secrets of the environment, of builds and of logins, as they become known. */
  readonly secrets: Redactor;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/** What a person sees of a stream: colour where it is wanted, and its width (0 for a pipe: nothing is cut). */
export interface Screen {
  readonly colour: boolean;
  readonly width: number;
  readonly isTerminal: boolean;
  /**
   * For people: commands of ours that the text tells become those that can be copied. What a program reads, or a file
   * shall hold, goes to the stream itself.
   */
  readonly write: Write;
}

/** How this process was started; commands of ours are told so. */
export function commandOf(env: CliContext['env']): string {
  return startedAs(env['HUBWRIGHT_COMMAND'], env['PATH']);
}

/** Follows NO_COLOR and FORCE_COLOR (no-color.org, force-color.org); else colour is for terminals. */
export function screenOf(stream: NodeJS.WriteStream, env: CliContext['env']): Screen {
  const isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb';
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const colour = forced || (isTerminal && (env['NO_COLOR'] ?? '') === '');
  const command = commandOf(env);
  return {
    colour,
    width: isTerminal ? stream.columns || 80 : 0,
    isTerminal,
    write: (text) => void stream.write(asStarted(text, command)),
  };
}
