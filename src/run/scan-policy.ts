/**
 * The scan policy of one day: what matrix.yaml says and the exceptions that hold today; and the key of a scan's pass,
 * so that a changed policy asks again. Why it is no part of the verdict's key: docs/decisions/0010-scan-pass.md.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { ok, type Result } from '../core/result.ts';
import { hashOf } from '../key/canonical-json.ts';
import type { ImageSet, ScanSettings } from '../matrix/image-set.ts';
import type { ScanException } from '../scan/exceptions.ts';

export interface ScanPolicyOfDay {
  readonly settings: ScanSettings;
  /** Those that hold. */
  readonly exceptions: readonly ScanException[];
  /** YYYY-MM-DD. */
  readonly today: string;
}

export interface PolicyReading {
  readonly policy: ScanPolicyOfDay;
  /** Exceptions that have ended, or will soon. */
  readonly warnings: readonly Diagnostic[];
}

/** Of the meaning of a scan's pass, for when we change it. */
const scanVersion = 1;

/** Reads the policy of a family that is scanned. */
export async function readScanPolicy(
  directory: string,
  settings: ScanSettings,
  now: Date,
): Promise<Result<PolicyReading, readonly Diagnostic[]>> {
  const today = now.toISOString().slice(0, 10);
  if (settings.exceptions === undefined)
    return ok({ policy: { settings, exceptions: [], today }, warnings: [] });
  const { readExceptions } = await import('../scan/read-exceptions.ts');
  const read = await readExceptions(directory, settings.exceptions, today);
  if (!read.ok) return read;
  const { exceptions, warnings } = read.value;
  return ok({ policy: { settings, exceptions, today }, warnings });
}

/** The policy of a family, and what is to be told of it; undefined where nothing is scanned. */
export async function scanPolicyOf(
  set: ImageSet,
  now: Date,
): Promise<Result<PolicyReading | undefined, readonly Diagnostic[]>> {
  return set.scan === undefined ? ok(undefined) : await readScanPolicy(set.directory, set.scan, now);
}

/**
 * What a scan's pass is a pass of: the image's content, what the policy blocks, and what of the image is excepted. How
 * long something may stay published holds nothing back, and is no part of it.
 */
export function scanKey(
  { settings, exceptions }: ScanPolicyOfDay,
  imageName: string,
  contentKey: string,
): string {
  const excepted = exceptions
    .filter(({ images }) => images === undefined || images.includes(imageName))
    .map(({ id, where }) => `${id} ${where ?? '*'}`);
  return hashOf({
    version: scanVersion,
    content: contentKey,
    severity: settings.severity,
    fixableOnly: settings.fixableOnly,
    excepted: [...new Set(excepted)].toSorted((a, b) => (a < b ? -1 : 1)),
  });
}

/** The same as `drawPlan` wants to be told it; nothing where nothing is scanned. */
export function scanKeyOption(policy: ScanPolicyOfDay | undefined): {
  readonly scanKeyOf?: (imageName: string, contentKey: string) => string;
} {
  return policy === undefined ? {} : { scanKeyOf: (name, key) => scanKey(policy, name, key) };
}
