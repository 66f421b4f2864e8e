/**
 * Finds out which very image each root is: the digest of matrix.lock, a root that was made on the spot
 * and kept, or what the root's registry answers now. Asks, but pulls and makes nothing.
 */
import { formatReference, parseReference, type Reference } from '../../registry/reference.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
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
): Promise<Result<ResolvedRoots, readonly Diagnostic[]>> {
  const resolved = new Map<string, ResolvedRoot>();
  const diagnostics: Diagnostic[] = [];
  await Promise.all(
    [...roots].map(async ([key, root]) => {
      const outcome = await resolveRoot(root, local, registry, signal);
      if (outcome.root !== undefined) resolved.set(key, outcome.root);
      if (outcome.diagnostic !== undefined) diagnostics.push(outcome.diagnostic);
    }),
  );
  diagnostics.sort((a, b) => (a.message < b.message ? -1 : 1));
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  return errors.length > 0 ? err(diagnostics) : ok({ roots: resolved, warnings: diagnostics });
}

interface RootOutcome {
  readonly root?: ResolvedRoot;
  readonly diagnostic?: Diagnostic;
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

  const trouble = answer.kind === 'absent' ? `its registry has no such image` : answer.error.message;
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
  return { diagnostic: unresolved(root, trouble) };
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

function unresolved(root: Root, trouble: string): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code: 'root-unresolved',
    message: `the root \`${root.name}\` (\`${root.from}\`) can't be found: ${trouble}`,
    span: root.span,
    help:
      root.bootstrap === undefined
        ? 'check the name and the network, or write its digest into matrix.lock with `./build lock` where it can be reached'
        : 'where no registry of the world can be reached, `./build images --setup` makes it from Debian’s packages',
  };
}
