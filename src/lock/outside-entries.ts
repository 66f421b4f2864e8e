/**
 * The entries of matrix.lock as the world has them now: digests of roots and mirrors, commits of git references, and
 * today for the images' system packages. Asks; writes nothing.
 */
import pLimit from 'p-limit';
import type { RegistryClient } from '../../registry/client.ts';
import { parseReference } from '../../registry/reference.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { GitReference, Lock, LockedImage } from '../matrix/image-set.ts';
import type { Lockable } from './choose-locks.ts';
import { commitOf } from './git-refs.ts';

/** Courses often lie on one server, which should not take us for an attack. */
const questionsAtOnce = 8;

export interface OutsideTools {
  readonly registry: Pick<RegistryClient, 'headManifest'>;
  /** Where relative git addresses start. */
  readonly directory: string;
  /** YYYY-MM-DD */
  readonly today: string;
}

export interface OutsideEntries {
  /** Only what is new, or asked for anew. */
  readonly entries: Lock;
  readonly troubles: readonly Diagnostic[];
}

/** What is missing in `lock` of `chosen`; with `update` all of it. What nobody could be asked for keeps what it has. */
export async function outsideEntries(
  chosen: Lockable,
  lock: Lock,
  update: boolean,
  tools: OutsideTools,
  signal: AbortSignal,
): Promise<OutsideEntries> {
  const troubles: Diagnostic[] = [];
  const limit = pLimit(questionsAtOnce);
  const images = async (
    what: 'root' | 'mirror',
    outside: Lockable['roots'] | Lockable['mirrors'],
  ): Promise<Readonly<Record<string, LockedImage>>> => {
    const wanted = outside.filter(({ digest }) => update || digest === undefined);
    const answers = await limit.map(wanted, async ({ name, from }) => {
      const digest = await digestOf(from, tools, signal);
      if (digest.kind === 'found') return [[name, { from, digest: digest.digest }] as const];
      troubles.push(leftOpen(what, name, from, digest.why));
      return [];
    });
    return Object.fromEntries(answers.flat());
  };
  const commits = async (references: readonly GitReference[]): Promise<Readonly<Record<string, string>>> => {
    const wanted = references.filter(({ key }) => update || lock.git[key] === undefined);
    const answers = await limit.map(wanted, async (reference) => {
      const commit = await commitOf(reference, tools.directory, signal);
      if (commit.ok) return [[reference.key, commit.value] as const];
      troubles.push(commit.error);
      return [];
    });
    return Object.fromEntries(answers.flat());
  };
  const [roots, mirrors, git] = await Promise.all([
    images('root', chosen.roots),
    images('mirror', chosen.mirrors),
    commits(chosen.git),
  ]);
  const epochs = Object.fromEntries(
    chosen.epochs
      .filter((name) => update || lock.epochs[name] === undefined)
      .map((name) => [name, tools.today]),
  );
  troubles.sort((a, b) => (a.message < b.message ? -1 : 1));
  return { entries: { roots, mirrors, git, epochs }, troubles };
}

type DigestAnswer =
  | { readonly kind: 'found'; readonly digest: string }
  | { readonly kind: 'unknown'; readonly why: string };

async function digestOf(
  from: string,
  { registry }: OutsideTools,
  signal: AbortSignal,
): Promise<DigestAnswer> {
  const reference = parseReference(from);
  if (reference.kind !== 'reference') return { kind: 'unknown', why: reference.message };
  const answer = await registry.headManifest(reference, signal);
  if (answer.kind === 'found') return { kind: 'found', digest: answer.digest };
  return {
    kind: 'unknown',
    why: answer.kind === 'absent' ? 'its registry has no such image' : answer.error.message,
  };
}

function leftOpen(what: string, name: string, from: string, why: string): Diagnostic {
  const called = name === from ? `\`${from}\`` : `\`${name}\` (\`${from}\`)`;
  return {
    category: 'environment',
    severity: 'warning',
    code: 'root-left-open',
    message: `the ${what} ${called} is left as it is: ${why}`,
  };
}
