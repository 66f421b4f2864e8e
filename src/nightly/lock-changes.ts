/** What another Python lock comes to: its packages, and the known holes that it mends. Pure. */
import { pinMoves, pinsOf, plainName, tellPinMoves, type PinMove } from '../core/python-pins.ts';
import type { ImageGraph } from '../graph/image-graph.ts';
import type { Finding } from '../scan/finding.ts';

/** The packages that are another in `after`, by name. */
export function changesOf(before: string, after: string): readonly PinMove[] {
  return pinMoves(pinsOf(before), pinsOf(after));
}

/** Packages that are named of one lock; what an image got of them stands at the image. */
const shownChanges = 8;

/** `numpy 2.3.5 → 2.4.0, six none → 1.17.0`. */
export function tellChanges(changes: readonly PinMove[]): string {
  return tellPinMoves(changes, shownChanges);
}

/** The holes of these images, and of what stands on them, that lie in a package of this lock. */
export function findingsOf(
  graph: Pick<ImageGraph, 'descendants'>,
  users: readonly string[],
  findings: ReadonlyMap<string, readonly Finding[]>,
  lock: string,
): readonly Finding[] {
  const pins = pinsOf(lock);
  return [...users, ...graph.descendants(users)]
    .flatMap((name) => findings.get(name) ?? [])
    .filter(({ where, installed }) => pins.get(plainName(where)) === installed);
}

/** Whether a lock holds what mends a finding, which may be another version for each line of releases. */
export function isMended({ where, installed, fixed = '' }: Finding, lock: string): boolean {
  const now = pinsOf(lock).get(plainName(where));
  // A package that is gone has no holes.
  if (now === undefined) return true;
  const versions = fixed.split(',').map((version) => version.trim());
  return versions.some((version) => isOlder(installed, version) && !isOlder(now, version));
}

/** By the numbers of a release alone: what a hole is mended in is no pre-release. */
function isOlder(a: string, b: string): boolean {
  const [left, right] = [numbersOf(a), numbersOf(b)];
  const places = Array.from({ length: Math.max(left.length, right.length) }, (_, place) => place);
  const first = places.find((place) => (left[place] ?? 0) !== (right[place] ?? 0));
  return first !== undefined && (left[first] ?? 0) < (right[first] ?? 0);
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}
