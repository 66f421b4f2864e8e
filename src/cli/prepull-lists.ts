/** What the commands under `build prepull` read first: the family's pools, the release, and a pull list for each. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageSet, Pool } from '../matrix/image-set.ts';
import type { Release } from '../run/schema.ts';
import { poolsOfNodes, type FoundPool } from '../ship/prepull/found-pools.ts';
import { pullListOf, type PullList } from '../ship/prepull/pull-list.ts';
import type { ValuesDocuments } from '../ship/values/values-document.ts';
import type { CliContext } from './context.ts';
import { openRelease } from './open-release.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';
import { usage } from './tell.ts';

/** Which pools are meant. */
export interface PoolChoice {
  readonly directory?: string;
  readonly pool?: readonly string[];
  /** Values of the deployment, which tell of pools that matrix.yaml does not have. */
  readonly values?: readonly string[];
}

export interface PoolOptions extends PoolChoice {
  readonly release?: string;
  readonly pause?: string;
  readonly namespace?: string;
}

export interface Pools {
  readonly directory: string;
  readonly set: ImageSet;
  readonly release: Release;
  readonly lists: readonly PullList[];
  readonly warnings: readonly Diagnostic[];
}

/** The pools that are named, all where none is (with those `found` in a cluster), with what their nodes shall have. Mistakes are told together. */
export async function readPools(
  context: CliContext,
  options: PoolOptions,
  found?: readonly FoundPool[],
): Promise<Result<Pools, readonly Diagnostic[]>> {
  const family = await readFamilyOf(context, options);
  if (!family.ok) return family;
  const { directory, set } = family.value;
  // A pool that is not there is told without asking a registry for its release.
  const isPlain = options.values === undefined && found === undefined;
  const plain = isPlain ? choosePools(set.pools, options.pool ?? []) : ok([]);
  if (!plain.ok) return plain;
  const release = await openRelease(context, directory, { named: options.release, set });
  if (!release.ok) return release;
  const known = await knownPools(context, options, set, release.value);
  if (!known.ok) return known;
  const all = [...known.value.pools, ...poolsOfNodes(found ?? [], set)];
  const pools = choosePools(all, options.pool ?? []);
  if (!pools.ok) return pools;
  const warnings = [...family.value.warnings, ...known.value.warnings];
  const lists: PullList[] = [];
  const wrong: Diagnostic[] = [];
  for (const pool of pools.value) {
    const namespace = options.namespace ?? pool.namespace;
    const list = pullListOf({ ...pool, namespace }, { release: release.value, set, pause: options.pause });
    if (list.ok) lists.push(list.value);
    else wrong.push(...list.error.filter((each) => !wrong.some((other) => other.message === each.message)));
  }
  return wrong.length > 0 ? err(wrong) : ok({ directory, set, release: release.value, lists, warnings });
}

/** The pools for commands that make no pull list; a release is looked for only where values have to be understood. */
export async function namedPools(
  context: CliContext,
  options: PoolChoice,
): Promise<Result<readonly Pool[], readonly Diagnostic[]>> {
  const family = await readFamilyOf(context, options);
  if (!family.ok) return family;
  const { directory, set } = family.value;
  if (options.values === undefined) return choosePools(set.pools, options.pool ?? []);
  const release = await openRelease(context, directory, { named: undefined, set });
  if (!release.ok) return release;
  const known = await knownPools(context, options, set, release.value);
  return known.ok ? choosePools(known.value.pools, options.pool ?? []) : known;
}

/** Those of matrix.yaml, and what the deployment's values add to them. */
async function knownPools(
  context: CliContext,
  { values }: PoolChoice,
  set: ImageSet,
  release: Release,
): Promise<
  Result<{ readonly pools: readonly Pool[]; readonly warnings: readonly Diagnostic[] }, readonly Diagnostic[]>
> {
  if (values === undefined) return ok({ pools: set.pools, warnings: [] });
  const [{ openValues }, { poolsOfValues, withExplicit }] = await Promise.all([
    import('../ship/values/values-files.ts'),
    import('../ship/prepull/values-pools.ts'),
  ]);
  const files: ValuesDocuments[] = [];
  for (const name of values) {
    const opened = openValues(name, context.cwd);
    if (!opened.ok) return opened;
    files.push(opened.value);
  }
  const found = poolsOfValues(files, release, set);
  if (!found.ok) return found;
  return ok({ pools: withExplicit(set.pools, found.value.pools), warnings: found.value.warnings });
}

/** The family, for commands that need no release. */
async function readFamilyOf(
  context: CliContext,
  options: { readonly directory?: string },
): Promise<
  Result<
    { readonly directory: string; readonly set: ImageSet; readonly warnings: readonly Diagnostic[] },
    readonly Diagnostic[]
  >
> {
  const directory = findRepository(options.directory, context.cwd);
  const family = await readCheckedFamily(context, directory);
  return family.ok ? ok({ directory, set: family.value.set, warnings: family.value.warnings }) : family;
}

/** Pools by name; all where none is named. */
export function choosePools<T extends { readonly name: string }>(
  pools: readonly T[],
  names: readonly string[],
): Result<readonly T[], readonly Diagnostic[]> {
  if (pools.length === 0) {
    return err([
      usage(
        'matrix.yaml names no pool of nodes',
        'write one: `pools: { students: { images: [default] } }`; `--values FILE` takes them from the values of a deployment, `--from-cluster` from a cluster’s nodes',
      ),
    ]);
  }
  const known = pools.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    return err(
      unknown.map((name) =>
        usage(
          `there is no pool \`${name}\``,
          didYouMean(name, known) ?? `there are ${known.map((each) => `\`${each}\``).join(', ')}`,
        ),
      ),
    );
  }
  return ok(names.length === 0 ? pools : pools.filter(({ name }) => names.includes(name)));
}
