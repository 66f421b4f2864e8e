/** The contract as a list: every clause once, under the profile that it belongs to. For documents and checks; it judges nothing. */
import { createHash } from 'node:crypto';
import { profiles } from '../verdict.ts';
import type { Profile } from '../verdict.ts';
import type { ClauseText } from './clause.ts';
import { scenes } from './profiles.ts';

/** What every image is held to, and then what each profile adds. */
export interface Section {
  readonly of: Profile | 'every image';
  /** Profiles whose clauses belong to this one as well. */
  readonly includes: readonly Profile[];
  readonly clauses: readonly ClauseText[];
}

/** The sections in the order of the profiles, clauses by their numbers; profiles that start nothing are left out. */
export function sections(): readonly Section[] {
  const judged = profiles.filter((profile) => scenes[profile].length > 0);
  const shared = clausesOf(judged[0]).filter((clause) =>
    judged.every((profile) => clausesOf(profile).includes(clause)),
  );
  const told = new Set<ClauseText>(shared);
  const found: Section[] = [{ of: 'every image', includes: [], clauses: shared.toSorted(byNumber) }];
  for (const profile of judged) {
    const clauses = clausesOf(profile).filter((clause) => !told.has(clause));
    const includes = found.flatMap(({ of, clauses: theirs }) =>
      of !== 'every image' &&
      theirs.length > 0 &&
      theirs.every((clause) => clausesOf(profile).includes(clause))
        ? [of]
        : [],
    );
    clauses.forEach((clause) => told.add(clause));
    found.push({ of: profile, includes, clauses: clauses.toSorted(byNumber) });
  }
  return found;
}

/** Every clause, once each, by id. */
export function allClauses(): ReadonlyMap<string, ClauseText> {
  return new Map(sections().flatMap(({ clauses }) => clauses.map((clause) => [clause.id, clause])));
}

/**
 * What an image is held to, as one hash: which clauses, in which scenes, how severe, and how they are tested.
 * Explanations may be reworded without changing it.
 */
export function fingerprint(): string {
  const judged = profiles.map((profile) => [
    profile,
    scenes[profile].map(({ title, clauses }) => [title, clauses.map(judgedBy)]),
  ]);
  return createHash('sha256').update(JSON.stringify(judged)).digest('hex');
}

function judgedBy({ id, severity, tier, tested, needs = [], timed }: ClauseText): readonly unknown[] {
  return [id, severity, tier, tested, needs, timed === true];
}

function clausesOf(profile: Profile | undefined): readonly ClauseText[] {
  return profile === undefined ? [] : scenes[profile].flatMap(({ clauses }) => clauses);
}

/** `S4` before `S10`, `S20` before `S20a`. */
function byNumber(a: ClauseText, b: ClauseText): number {
  const [left, right] = [sortKey(a.id), sortKey(b.id)];
  return left < right ? -1 : 1;
}

function sortKey(id: string): string {
  return id.replace(/\d+/, (digits) => digits.padStart(4, '0'));
}
