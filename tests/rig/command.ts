/** The command line as a user runs it, in a folder that needs no engine: nothing is built, nothing is cleaned up. */
import path from 'node:path';
import { execa } from 'execa';

const script = path.resolve(import.meta.dirname, '../../build.ts');

export interface Answer {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `build ARGS` in a folder, with nothing of this process's environment but the path and what is given. */
export function start(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return execa(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args], {
    cwd,
    reject: false,
    stdin: 'ignore',
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd, ...env },
  });
}

/** Runs it to its end. */
export async function build(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const { exitCode, stdout, stderr } = await start(cwd, args, env);
  return { exitCode, stdout, stderr };
}
