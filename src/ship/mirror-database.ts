/**
 * Copies Trivy's vulnerability database into the family's own registry, where scans take it from when `scan.databases`
 * names it. Its makers put a new one under the same tag every few hours: what is there is asked each time.
 */
import type { RegistryClient } from '../../registry/client.ts';
import { parseReference } from '../../registry/reference.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference } from '../matrix/naming.ts';
import { mirrorImage, type MirrorOutcome } from './mirror-images.ts';

/** Where Trivy takes it from when nobody says otherwise, first come first. */
const upstream = ['mirror.gcr.io/aquasec/trivy-db:2', 'ghcr.io/aquasecurity/trivy-db:2'] as const;

/** What it is called in one's own registry; the tag is the version of its form. */
const name = 'trivy-db';

/** The reference under which scans find it there. */
export function mirroredDatabase(target: RegistryTarget): string {
  return publishedReference(target, name, '2');
}

/** The first of the places that has it is copied; `databases` are the family's own words, its own registry left out. */
export async function mirrorDatabase(
  target: RegistryTarget,
  databases: readonly string[],
  registry: RegistryClient,
  signal: AbortSignal,
): Promise<MirrorOutcome> {
  const own = mirroredDatabase(target);
  const named = databases.filter((text) => !isSame(text, own));
  const reasons: string[] = [];
  for (const from of named.length > 0 ? named : upstream) {
    const mirror = { name, from, digest: undefined };
    const outcome = await mirrorImage(mirror, target, registry, signal, '2');
    if (outcome.result.kind !== 'failed' || signal.aborted) return outcome;
    reasons.push(`${from}: ${outcome.result.reason}`);
  }
  const from = named[0] ?? upstream[0];
  return { name, from, to: own, result: { kind: 'failed', reason: reasons.join('; ') } };
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [parseReference(a), parseReference(b)];
  if (left.kind !== 'reference' || right.kind !== 'reference') return false;
  return left.registry === right.registry && left.repository === right.repository;
}
