/**
 * What a scan finds in an image: holes in packages, an operating system that gets no fixes any more, secrets that
 * were left in a layer. Types and order only; what a finding means for a build is policy.ts.
 */
import { severities, type Severity } from '../matrix/image-set.ts';

export type FindingKind = 'hole' | 'end-of-life' | 'secret';

export interface Finding {
  readonly kind: FindingKind;
  /** `CVE-2026-1234`; of a secret the rule that found it; `end-of-life`. */
  readonly id: string;
  /** The package, the operating system, or the path of the file that holds a secret. */
  readonly where: string;
  /** The package's version; empty where that says nothing. */
  readonly installed: string;
  /** The version that mends it; undefined where there is none yet. */
  readonly fixed: string | undefined;
  readonly severity: Severity;
  readonly title: string;
  /** The layer that brought it in, as the digest of its unpacked bytes; undefined where the scanner cannot tell. */
  readonly layer: string | undefined;
}

/** One image's findings. */
export interface ScanReport {
  /** `debian 13.1`; undefined where the image has no operating system that the scanner knows. */
  readonly system: string | undefined;
  /** Digests of the unpacked layers, the lowest first. */
  readonly layers: readonly string[];
  /** Worst first, then by identity. */
  readonly findings: readonly Finding[];
}

/** What makes two findings the same one in two images, or today and tomorrow: not the version, which may move unmended. */
export function identityOf({ kind, id, where }: Pick<Finding, 'kind' | 'id' | 'where'>): string {
  return `${kind} ${id} ${where}`;
}

/** Worst first, then by identity, for a stable list. */
export function byGravity(a: Finding, b: Finding): number {
  const rank = severities.indexOf(b.severity) - severities.indexOf(a.severity);
  if (rank !== 0) return rank;
  const [left, right] = [identityOf(a), identityOf(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
