/**
 * Which published images have known holes that a newer package mends: their bills of materials, judged by today's
 * database. Pulls no layer; of an image whose bill is not kept nothing is known, so it counts as affected.
 */
import pLimit from 'p-limit';
import type { RegistryClient } from '../../registry/client.ts';
import { isDigest } from '../../registry/digest.ts';
import { parseReference, withDigest } from '../../registry/reference.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import { publishedRepository } from '../matrix/naming.ts';
import { severities, type ScanSettings } from '../matrix/image-set.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { Finding } from '../scan/finding.ts';
import { scanPublished } from '../scan/published-findings.ts';
import type { Scanner } from '../scan/scanner.ts';
import type { ScanTrouble } from '../scan/trivy-program.ts';

/** Questions at once: each starts a scanner. */
const atOnce = 4;

export interface AffectedTools {
  readonly registry: RegistryClient;
  readonly scanner: Scanner;
  readonly settings: Pick<ScanSettings, 'severity'>;
  /** A scanner's trouble as a person is told of it. */
  readonly diagnostic: (trouble: ScanTrouble) => Diagnostic;
}

/** The images that a fresh build may mend, with the holes that are known of them. */
export async function affectedImages(
  { plan, set, trusted }: DrawnPlan,
  { registry, scanner, settings, diagnostic }: AffectedTools,
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, readonly Finding[]>, readonly Diagnostic[]>> {
  const target = set.registry;
  if (target === undefined) return ok(new Map());
  const database = await scanner.database();
  if (!database.ok) return err([diagnostic(database.error)]);
  const options = { registry, scanner, trusted, pull: 'never' } as const;
  const limit = pLimit(atOnce);
  const answers = await limit.map(plan.entries, async ({ name, kind, published }) => {
    const reference = parseReference(`${publishedRepository(target, name)}@${published?.digest}`);
    if (kind === 'builder' || published === undefined || reference.kind !== 'reference') return ok(undefined);
    if (!isDigest(published.digest)) return ok(undefined);
    const subject = withDigest(reference, published.digest);
    const scan = await scanPublished(name, subject, options, signal);
    if (!scan.ok) return scan;
    const holes = scan.value?.report.findings.filter((each) => mends(each, settings));
    return ok(holes?.length === 0 ? undefined : ([name, holes ?? []] as const));
  });
  const trouble = answers.find((answer) => !answer.ok);
  if (trouble !== undefined) return err([diagnostic(trouble.error)]);
  return ok(
    new Map(answers.flatMap((answer) => (answer.ok && answer.value !== undefined ? [answer.value] : []))),
  );
}

/** A hole as bad as the policy minds, that a newer version mends. */
function mends({ kind, fixed, severity }: Finding, settings: Pick<ScanSettings, 'severity'>): boolean {
  return (
    kind === 'hole' &&
    fixed !== undefined &&
    severities.indexOf(severity) >= severities.indexOf(settings.severity)
  );
}
