/**
 * How the revision of a family's files stands to another one, by its git repository; what git does not know is not told.
 */
import { askGit } from '../plan/ask-git.ts';
import type { History } from './run-context.ts';

const commit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The history of the repository that `directory` lies in; nothing is asked before it is needed. */
export function openHistory(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): History {
  const run = askGit(directory, env, signal);
  const git = async (...args: readonly string[]): Promise<string | undefined> =>
    (await run(...args))?.toString('utf8').trim();
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
