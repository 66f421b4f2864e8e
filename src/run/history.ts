/**
 * How the revision of a family's files stands to another one, by its git repository. Asks git, which gets no more of the
 * environment than it needs and runs no program that the repository names; what git does not know is not told.
 */
import { childEnvironment } from '../core/child-environment.ts';
import type { History } from './run-context.ts';

const timeoutMs = 60_000;
const commit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The history of the repository that `directory` lies in; nothing is asked before it is needed. */
export function openHistory(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): History {
  const git = (...args: readonly string[]): Promise<string | undefined> => {
    const options = {
      cwd: directory,
      env: childEnvironment(env, [], { LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' }),
      timeout: timeoutMs,
      signal,
    };
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    // Not by execa, which takes a short run as long to load as git to answer; and most runs ask git nothing.
    const { execFile } = process.getBuiltinModule('node:child_process');
    const child = execFile('git', ['-c', 'core.fsmonitor=false', ...args], options, (error, stdout) =>
      resolve(error === null ? stdout.trim() : undefined),
    );
    child.stdin?.end();
    return promise;
  };
  const ask = async (): Promise<string | undefined> => {
    const head = await git('rev-parse', '--verify', 'HEAD');
    return head !== undefined && commit.test(head) ? head : undefined;
  };
  let head: Promise<string | undefined> | undefined;
  const revision = (): Promise<string | undefined> => (head ??= ask());
  // A family is mostly published at one revision: git is asked once for it, not once for each image.
  const asked = new Map<string, Promise<boolean>>();
  const isAncestor = async (ours: string, other: string): Promise<boolean> =>
    (await git('merge-base', '--is-ancestor', ours, other)) !== undefined;
  return {
    revision,
    async isBefore(other) {
      const ours = await revision();
      if (ours === undefined || ours === other || !commit.test(other)) return false;
      const answer = asked.get(other) ?? isAncestor(ours, other);
      asked.set(other, answer);
      return await answer;
    },
  };
}
