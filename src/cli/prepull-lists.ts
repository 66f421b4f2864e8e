/** What the commands under `build prepull` read first: the family's pools, the release, and a pull list for each. */
import type { Diagnostic } from '../core/diagnostic.ts';
import { didYouMean } from '../core/near-name.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageSet, Pool } from '../matrix/image-set.ts';
import type { Release } from '../run/schema.ts';
import { pullListOf, type PullList } from '../ship/prepull/pull-list.ts';
import type { CliContext } from './context.ts';
import { openRelease } from './open-release.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';
import { usage } from './tell.ts';

export interface PoolOptions {
  readonly directory?: string;
  readonly pool?: readonly string[];
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

/** The pools that are named, all where none is, with what their nodes shall have. Mistakes are told together. */
export async function readPools(
  context: CliContext,
  options: PoolOptions,
): Promise<Result<Pools, readonly Diagnostic[]>> {
  const family = await readFamilyOf(context, options);
  if (!family.ok) return family;
  const { directory, set, warnings } = family.value;
  const pools = choosePools(set.pools, options.pool ?? []);
  if (!pools.ok) return pools;
  const release = await openRelease(context, directory, { named: options.release, set });
  if (!release.ok) return release;
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

/** The family, for commands that need no release. */
export async function readFamilyOf(
  context: CliContext,
  options: { readonly directory?: string },
): Promise<
  Result<
    { readonly directory: string; readonly set: ImageSet; readonly warnings: readonly Diagnostic[] },
    readonly Diagnostic[]
  >
> {
  const directory = findRepository(options.directory, context.cwd, context.home);
  const family = await readCheckedFamily(context, directory);
  return family.ok ? ok({ directory, set: family.value.set, warnings: family.value.warnings }) : family;
}

/** Pools by name; all where none is named. */
export function choosePools(
  pools: readonly Pool[],
  names: readonly string[],
): Result<readonly Pool[], readonly Diagnostic[]> {
  if (pools.length === 0) {
    return err([
      usage('matrix.yaml names no pool of nodes', 'write one: `pools: { students: { images: [default] } }`'),
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
