/**
 * Finds out which very image each root is: the digest of matrix.lock, a root that was made on the spot
 * and kept, or what the root's registry answers now. Asks, but pulls and makes nothing.
 */
import { formatReference, parseReference, type Reference } from '../../registry/reference.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { Root } from '../matrix/image-set.ts';
import type { LocalRecord } from './local-record.ts';

/** A root whose bytes are known. */
export interface ResolvedRoot {
  readonly root: Root;
  /** What enters the key: `sha256:…`, or `diffid:sha256:…` for a root that was made on the spot. */
  readonly identity: string;
  /** What the engine shall read in FROM. */
  readonly reference: string;
  readonly source: 'lock' | 'bootstrap' | 'registry' | 'engine';
}

export interface ResolvedRoots {
  readonly roots: ReadonlyMap<string, ResolvedRoot>;
  readonly warnings: readonly Diagnostic[];
  /** Why the others are not known: nothing that stands on them can be told. */
  readonly errors: readonly Diagnostic[];
}

/**
 * Resolves every root of the graph (keyed as the graph keys them), the open ones side by side.
 * A root that nobody can tell the digest of is a diagnostic of the category `environment`; all are collected.
 */
export async function resolveRoots(
  roots: ReadonlyMap<string, Root>,
  local: LocalRecord,
  registry: Pick<RegistryClient, 'headManifest'>,
  signal: AbortSignal,
): Promise<ResolvedRoots> {
  const resolved = new Map<string, ResolvedRoot>();
  const diagnostics: Diagnostic[] = [];
  const unanswered: Unanswered[] = [];
  await Promise.all(
    [...roots].map(async ([key, root]) => {
      const outcome = await resolveRoot(root, local, registry, signal);
      if (outcome.root !== undefined) resolved.set(key, outcome.root);
      if (outcome.diagnostic !== undefined) diagnostics.push(outcome.diagnostic);
      if (outcome.trouble !== undefined) unanswered.push({ root, trouble: outcome.trouble });
    }),
  );
  diagnostics.push(...[...Map.groupBy(unanswered, togetherBy).values()].map(unresolved));
  diagnostics.sort((a, b) => (a.message < b.message ? -1 : 1));
  const [errors, warnings] = [diagnostics.filter(isError), diagnostics.filter((each) => !isError(each))];
  return { roots: resolved, warnings, errors };
}

function isError({ severity }: Diagnostic): boolean {
  return severity === 'error';
}

interface RootOutcome {
  readonly root?: ResolvedRoot;
  readonly diagnostic?: Diagnostic;
  /** Why nobody can tell which image it is. */
  readonly trouble?: string;
}

interface Unanswered {
  readonly root: Root;
  readonly trouble: string;
}

async function resolveRoot(
  root: Root,
  local: LocalRecord,
  registry: Pick<RegistryClient, 'headManifest'>,
  signal: AbortSignal,
): Promise<RootOutcome> {
  const reference = parseReference(root.from);
  if (reference.kind === 'invalid-reference') {
    return {
      diagnostic: {
        category: 'usage',
        severity: 'error',
        code: 'invalid-reference',
        message: reference.message,
        span: root.span,
      },
    };
  }
  const digest = root.digest ?? reference.digest;
  if (digest !== undefined) return { root: atDigest(root, reference, digest, 'lock') };

  const made = local.bootstrappedRoot(root.name);
  if (made !== undefined) {
    return { root: { root, identity: made.identity, reference: made.reference, source: 'bootstrap' } };
  }

  const answer = await registry.headManifest(reference, signal);
  if (answer.kind === 'found') return { root: atDigest(root, reference, answer.digest, 'registry') };

  const trouble = answer.kind === 'absent' ? noSuchImage : answer.error.message;
  const here = local.digestOf(`${reference.familiarName}:${reference.tag ?? 'latest'}`);
  if (here !== undefined) {
    return {
      root: atDigest(root, reference, here, 'engine'),
      diagnostic: {
        category: 'environment',
        severity: 'warning',
        code: 'root-from-engine',
        message: `the root \`${root.name}\` is taken as the engine has it (\`${here.slice(0, 19)}…\`), since nobody could be asked for a newer one: ${trouble}`,
        span: root.span,
      },
    };
  }
  return { trouble };
}

function atDigest(
  root: Root,
  reference: Reference,
  digest: string,
  source: ResolvedRoot['source'],
): ResolvedRoot {
  const name = formatReference(reference).split('@')[0] ?? root.from;
  return { root, identity: digest, reference: `${name}@${digest}`, source };
}

const noSuchImage = 'its registry has no such image';

/** What several roots lack for one reason, such as a registry that cannot be reached, is told once. */
function togetherBy({ root, trouble }: Unanswered): string {
  return trouble === noSuchImage ? root.name : `${root.bootstrap === undefined} ${trouble}`;
}

function unresolved(all: readonly Unanswered[]): Diagnostic {
  const [first] = all;
  const isOne = all.length === 1;
  const named = all
    .map(({ root }) => {
      // One has a caret below.
      const more = [
        ...(root.name === root.from ? [] : [`\`${root.from}\``]),
        ...(isOne ? [] : [`${root.span.file}:${root.span.line}`]),
      ].join(', ');
      return more === '' ? `\`${root.name}\`` : `\`${root.name}\` (${more})`;
    })
    .toSorted()
    .join(', ');
  const which = isOne ? `the root ${named}` : `the roots ${named}`;
  return {
    category: 'environment',
    severity: 'error',
    code: 'root-unresolved',
    message: `${which} can't be found: ${first?.trouble ?? ''}`,
    ...(isOne && first !== undefined ? { span: first.root.span } : {}),
    help:
      first?.root.bootstrap === undefined
        ? `check the name${isOne ? '' : 's'} and the network, or write ${isOne ? 'its digest' : 'their digests'} into matrix.lock with \`build lock\` where ${isOne ? 'it' : 'they'} can be reached`
        : `where no registry of the world can be reached, \`build images --setup\` makes ${isOne ? 'it' : 'them'} from Debian’s packages`,
  };
}
