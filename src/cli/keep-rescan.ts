/**
 * Keeps what `build scan` found in what is published: since when each image has what it has, so that a deadline begins
 * once, and the bills of materials of one whose layers were scanned anew; signed, where the family signs. A scan is no
 * worse for not being kept: trouble is a warning.
 */
import { formatFamiliar, formatReference, type DigestReference } from '../../registry/reference.ts';
import type { Trusted } from '../attest/trusted.ts';
import { scanStatement } from '../attest/scan-statement.ts';
import { signStatements } from '../attest/sign-image.ts';
import { predicateTypes } from '../attest/statement.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageSet } from '../matrix/image-set.ts';
import type { Signing } from '../run/run-context.ts';
import { identityOf } from '../scan/finding.ts';
import { keepArtifacts, type ToKeep } from '../scan/kept-artifacts.ts';
import type { JudgedScan } from '../scan/policy.ts';
import type { PublishedScan } from '../scan/published-findings.ts';
import { scanRecord, type ScanRecord } from '../scan/scan-record.ts';
import type { Scanner } from '../scan/scanner.ts';
import type { CliContext } from './context.ts';
import { openSigning } from './open-signing.ts';
import { tell } from './tell.ts';
import type { Workplace } from './workplace.ts';

export interface RescanTools {
  readonly context: CliContext;
  readonly workplace: Workplace;
  readonly scanner: Scanner;
  readonly set: ImageSet;
  readonly trusted: readonly Trusted[];
  readonly databaseUpdatedAt: Date;
}

/** The published image with this digest, and what was found in it. */
export interface Rescan {
  readonly subject: DigestReference;
  readonly judged: JudgedScan;
  readonly there: PublishedScan;
}

export class RescanKeeper {
  readonly #tools: RescanTools;
  #signing: Promise<Result<Signing | undefined, string>> | undefined;

  constructor(tools: RescanTools) {
    this.#tools = tools;
  }

  /** Keeps it where it says something new. */
  async keep({ subject, judged, there }: Rescan): Promise<void> {
    const facts = {
      image: judged.name,
      scannedAt: new Date(),
      databaseUpdatedAt: this.#tools.databaseUpdatedAt,
    };
    const fresh = scanRecord(facts, judged.report, judged.judgement, there.since);
    if (there.from === 'bill' && there.record !== undefined && isSame(there.record, fresh)) return;
    const signing = await this.#openOnce();
    // Of a key that does not open each image would say the same.
    const kept = signing.ok
      ? await this.#put(subject, fresh, facts.scannedAt, there.raw, signing.value)
      : signing;
    if (kept.ok || kept.error === '') return;
    await this.#warn(`since when ${judged.name} has what it has was not kept in the registry: ${kept.error}`);
  }

  async #openOnce(): Promise<Result<Signing | undefined, string>> {
    const isFirst = this.#signing === undefined;
    this.#signing ??= this.#open();
    const signing = await this.#signing;
    return signing.ok || isFirst ? signing : err('');
  }

  async #open(): Promise<Result<Signing | undefined, string>> {
    const { context, set, trusted } = this.#tools;
    if (set.sign === undefined && trusted.length > 0)
      return err('nobody would believe it, for matrix.yaml does not say how to `sign`');
    const opened = await openSigning(context, { set, trusted });
    return opened.ok ? opened : err(opened.error.message);
  }

  async #put(
    subject: Rescan['subject'],
    record: ScanRecord,
    created: Date,
    raw: Buffer | undefined,
    signing: Signing | undefined,
  ): Promise<Result<void, string>> {
    const { context, workplace, scanner } = this.#tools;
    const { registry } = workplace;
    const toKeep: ToKeep[] = [];
    if (raw !== undefined) {
      const bills = await scanner.bills(raw, formatReference(subject), context.signal);
      if (!bills.ok) return err(bills.error.message);
      toKeep.push({ kind: 'spdx', bytes: bills.value.spdx, created });
      toKeep.push({ kind: 'cyclonedx', bytes: bills.value.cyclonedx, created });
    }
    toKeep.push({ kind: 'scan', bytes: Buffer.from(JSON.stringify(record)), created });
    const kept = await keepArtifacts(registry, subject, toKeep, context.signal);
    if (!kept.ok) return kept;
    if (signing === undefined) return ok(undefined);
    const { kind, registry: host, repository, familiarName, digest } = subject;
    const about = {
      repository: formatFamiliar({ kind, registry: host, repository, familiarName }),
      digest,
    };
    const payload = scanStatement(about, {
      image: record.image,
      scannedAt: created,
      databaseUpdatedAt: this.#tools.databaseUpdatedAt,
      // What it passes is for the next run to say, which knows its key.
      scanKeys: [],
      kept: kept.value,
      counts: record.counts,
    });
    const statements = [{ predicateType: predicateTypes.scan, payload }];
    const place = { registry, image: subject };
    const signed = await signStatements(place, signing.signer, statements, context.signal);
    if (signed.ok) return ok(undefined);
    return err(
      signed.error.kind === 'not-found' ? 'its signature is not found again' : signed.error.error.message,
    );
  }

  async #warn(message: string): Promise<void> {
    const help = '`--no-keep` does not try';
    await tell(this.#tools.context, [
      { category: 'environment', severity: 'warning', code: 'scan-not-kept', message, help },
    ]);
  }
}

/** Whether the same is against the policy. */
function isSame(before: ScanRecord, after: ScanRecord): boolean {
  return identitiesOf(before) === identitiesOf(after);
}

function identitiesOf({ offending }: ScanRecord): string {
  return offending.map(identityOf).toSorted().join('\n');
}
