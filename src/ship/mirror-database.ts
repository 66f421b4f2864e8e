/**
 * Copies Trivy's databases (of known holes, and of Java archives' names) into the family's own registry, where scans
 * take them from when `scan.databases` and `scan.javaDatabases` name them. Their makers put new ones under the same tag every
 * few hours: what is there is asked each time.
 */
import type { RegistryClient } from '../../registry/client.ts';
import { parseReference } from '../../registry/reference.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference } from '../matrix/naming.ts';
import { mirrorImage, type MirrorOutcome } from './mirror-images.ts';

export interface TrivyDatabase {
  /** What it is called, in one's own registry as well. */
  readonly name: string;
  /** The version of its form. */
  readonly tag: string;
  /** Where Trivy takes it from when nobody says otherwise, first come first. */
  readonly upstream: readonly string[];
}

export const holesDatabase: TrivyDatabase = {
  name: 'trivy-db',
  tag: '2',
  upstream: ['mirror.gcr.io/aquasec/trivy-db:2', 'ghcr.io/aquasecurity/trivy-db:2'],
};

export const javaDatabase: TrivyDatabase = {
  name: 'trivy-java-db',
  tag: '1',
  upstream: ['mirror.gcr.io/aquasec/trivy-java-db:1', 'ghcr.io/aquasecurity/trivy-java-db:1'],
};

/** The reference under which scans find it there. */
export function mirroredDatabase(target: RegistryTarget, { name, tag }: TrivyDatabase): string {
  return publishedReference(target, name, tag);
}

/** The first of the places that has it is copied; `places` are the family's own words, its own registry left out. */
export async function mirrorDatabase(
  target: RegistryTarget,
  database: TrivyDatabase,
  places: readonly string[],
  registry: RegistryClient,
  signal: AbortSignal,
): Promise<MirrorOutcome> {
  const { name, tag, upstream } = database;
  const own = mirroredDatabase(target, database);
  const named = places.filter((text) => !isSame(text, own));
  const reasons: string[] = [];
  for (const from of named.length > 0 ? named : upstream) {
    const mirror = { name, from, digest: undefined };
    const outcome = await mirrorImage(mirror, target, registry, signal, tag);
    if (outcome.result.kind !== 'failed' || signal.aborted) return outcome;
    reasons.push(`${from}: ${outcome.result.reason}`);
  }
  const from = named[0] ?? upstream[0] ?? own;
  return { name, from, to: own, result: { kind: 'failed', reason: reasons.join('; ') } };
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [parseReference(a), parseReference(b)];
  if (left.kind !== 'reference' || right.kind !== 'reference') return false;
  return left.registry === right.registry && left.repository === right.repository;
}
