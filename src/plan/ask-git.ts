/**
 * Questions to git about the repository that a family's files lie in. git gets no more of the environment than it needs,
 * runs no program that the repository names, and fetches nothing; what it does not know is not told.
 */
import { childEnvironment } from '../core/child-environment.ts';

const timeoutMs = 60_000;
/** What git prints of one file, or of a file's history. */
const mostBytes = 32 * 1024 * 1024;

/** Runs git with these arguments and answers what it printed; undefined where it failed. */
export type AskGit = (...args: readonly string[]) => Promise<Buffer | undefined>;

/** git in the repository that `directory` lies in. */
export function askGit(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): AskGit {
  return (...args) => {
    const options = {
      cwd: directory,
      env: childEnvironment(env, [], {
        LC_ALL: 'C',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_TERMINAL_PROMPT: '0',
        GIT_NO_LAZY_FETCH: '1',
      }),
      timeout: timeoutMs,
      maxBuffer: mostBytes,
      encoding: 'buffer' as const,
      signal,
    };
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>();
    // Not by execa, which takes a short run as long to load as git to answer; and most runs ask git nothing.
    const { execFile } = process.getBuiltinModule('node:child_process');
    const child = execFile('git', ['-c', 'core.fsmonitor=false', ...args], options, (error, stdout) =>
      resolve(error === null ? stdout : undefined),
    );
    child.stdin?.end();
    return promise;
  };
}
