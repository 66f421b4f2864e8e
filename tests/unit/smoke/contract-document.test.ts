/** The contract as it is written down: equal to the clauses. `npm run contract` writes both files anew. */
import { resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { contractDocument, currentVersion, versionModule } from '../../../src/report/contract-document.ts';
import { contractVersion } from '../../../src/smoke/contract-version.ts';
import { allClauses, fingerprint, sections } from '../../../src/smoke/contract/catalogue.ts';
import { scenes } from '../../../src/smoke/contract/profiles.ts';
import { profiles } from '../../../src/smoke/verdict.ts';

const root = resolve(import.meta.dirname, '../../..');

test('docs/contract.md is what `npm run contract` writes', async () => {
  await expect(contractDocument()).toMatchFileSnapshot(resolve(root, 'docs/contract.md'));
});

test('the contract’s version was raised with its last change: else run `npm run contract`', async () => {
  await expect(versionModule()).toMatchFileSnapshot(resolve(root, 'src/smoke/contract-version.ts'));
  expect(currentVersion()).toBeGreaterThanOrEqual(contractVersion);
  expect(fingerprint()).toMatch(/^[0-9a-f]{64}$/);
});

describe('every clause', () => {
  const all = [...allClauses().values()];

  it('has an id of its own', () => {
    const byId = new Map<string, unknown>();
    for (const profile of profiles)
      for (const { clauses } of scenes[profile])
        for (const clause of clauses) {
          expect(byId.get(clause.id) ?? clause).toBe(clause);
          byId.set(clause.id, clause);
        }
    expect(byId.size).toBe(all.length);
    expect(all.length).toBeGreaterThan(25);
  });

  it.each(all)('$id says in whole words what, why, how and what then', (clause) => {
    const { id, title, why, tested, remedy, met } = clause;
    expect(id).toMatch(/^[A-Z]\d{1,3}[a-z]?$/);
    expect(title).not.toMatch(/\.$/);
    for (const sentence of [why, tested, remedy]) expect(sentence).toMatch(/^(?:[A-Z`]|z2jh).{15,}[.)]$/s);
    for (const issue of met) expect(issue).toMatch(/^[\w.-]+\/[\w.-]+#\d+$/);
  });
});

it('tells of no profile twice, and of every one that starts something', () => {
  const judged = profiles.filter((profile) => scenes[profile].length > 0);
  expect(sections().map(({ of }) => of)).toEqual(['every image', ...judged]);
});
