/** The corpus covers the contract: its tables can be read, name clauses that exist, and leave no `must` untried. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { scenes } from '../../../src/smoke/contract/profiles.ts';
import type { Profile } from '../../../src/smoke/verdict.ts';
import { readTables } from '../../rig/corpus-table.ts';
import { withGpu } from '../../rig/corpus.ts';

const folder = path.resolve(import.meta.dirname, '../../full/corpus/tables');
const rows = await readTables(folder);

/** What the gate's clauses share is broken once, in the profile `singleuser`. */
const shared = [...clausesOf('singleuser').keys()];

const broken = rows.filter(({ fails }) => fails.length > 0);

function clausesOf(
  profile: Profile,
): ReadonlyMap<string, { readonly severity: string; readonly tier: string }> {
  return new Map(scenes[profile].flatMap(({ clauses }) => clauses.map((clause) => [clause.id, clause])));
}

describe('the corpus', () => {
  it('has at least 35 broken images and 10 odd ones, each under a name of its own', () => {
    expect(broken.length).toBeGreaterThanOrEqual(35);
    expect(rows.length - broken.length).toBeGreaterThanOrEqual(10);
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  });

  it.each(rows.map((row) => [row.name, row] as const))('%s names clauses of its profile', (_name, row) => {
    const known = clausesOf(row.profile);
    const named = [...row.fails, ...Object.keys(row.consequences)];
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });

  it.each(['singleuser', 'pytorch', 'local', 'hub', 'proxy', 'database', 'registry', 'nfs'] as const)(
    'breaks every `must` clause of %s that the gate holds',
    (profile) => {
      const tried = new Set(broken.filter((row) => row.profile === profile).flatMap(({ fails }) => fails));
      const elsewhere = profile === 'singleuser' ? [] : [...shared, ...withGpu];
      const untried = [...clausesOf(profile)].filter(
        ([id, { severity, tier }]) =>
          severity === 'must' && tier === 'gate' && !tried.has(id) && !elsewhere.includes(id),
      );
      expect(untried.map(([id]) => id)).toEqual([]);
    },
  );
});
