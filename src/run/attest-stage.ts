/**
 * The sign stage of one image: says of what was pushed where it came from and what it passed, has both signed and put
 * beside it. And the question whether a pass that the registry has counts. What statements look like and how they are
 * signed is the attest room's.
 */
import { formatReference } from '../../registry/reference.ts';
import type { Place as AttestPlace } from '../attest/attachments.ts';
import { signImage, signStatements, type SigningTrouble, type Statement } from '../attest/sign-image.ts';
import {
  billStatement,
  predicateTypes,
  provenanceStatement,
  testResultStatement,
} from '../attest/statement.ts';
import { scanStatement } from '../attest/scan-statement.ts';
import { provenBills, provenOrigins } from '../attest/proof.ts';
import { nodeOf } from '../graph/image-graph.ts';
import { publishedRepository } from '../matrix/naming.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { attestPlace, readProof } from '../plan/signed-record.ts';
import { contractVersion } from '../smoke/contract-version.ts';
import { profileOf } from '../smoke/profile.ts';
import { buildFacts } from './build-facts.ts';
import type { Bytes } from './build-stage.ts';
import { elapsed } from './clock.ts';
import type { KeptScan } from './keep-scan.ts';
import type { ImageScan, PassedScan } from './scan-stage.ts';
import { readVerdict } from './kept-verdict.ts';
import { isSameImage, type Manifest, type Place } from './published-manifest.ts';
import { cancelled, done, failed, type RunContext, type Signing, type StageResult } from './run-context.ts';
import { passedKeys } from './smoke-contract.ts';

/** What this run knows of the image: its bytes, where the engine has them, and its scan, where it was scanned. */
export interface Tested {
  readonly bytes: Bytes | undefined;
  readonly passed: PassedScan | undefined;
  /** The same scan, where it is kept beside the image. */
  readonly kept: KeptScan | undefined;
}

/**
 * Signs what this run tested and pushed, where nobody with that key did so before; and what it scanned, each time. What
 * another machine published first is that machine's to sign.
 */
export async function attestImage(
  context: RunContext & { readonly signing: Signing },
  entry: PlanEntry,
  place: Place,
  manifest: Manifest,
  tested: Tested,
  signal: AbortSignal,
): Promise<StageResult<void>> {
  const { signing, emit, clock } = context;
  const { bytes, kept } = tested;
  const isOurs = bytes !== undefined && isSameImage(context, manifest, bytes.id);
  if (!isOurs && kept === undefined) return done(undefined);
  const started = clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'sign' });
  const where = attestPlace({ registry: context.registry, ...place, digest: manifest.digest });
  const subject = { repository: publishedRepository(place.target, place.name), digest: where.image.digest };
  const own = isOurs
    ? await ownStatements(context, signing, entry, { place, where, bytes }, tested, signal)
    : done([]);
  if (own.kind !== 'ok') return own;
  const statements = [
    ...own.value,
    ...(kept === undefined
      ? []
      : [{ predicateType: predicateTypes.scan, payload: scanStatement(subject, kept.facts) }]),
  ];
  if (statements.length > 0) {
    const { signer } = signing;
    // Nobody says of an image that it is ours by having scanned it.
    const signed = await (own.value.length > 0
      ? signImage(where, signer, subject, statements, signal)
      : signStatements(where, signer, statements, signal));
    if (!signed.ok) return signingFailure(entry.name, signed.error);
  }
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'sign',
    durationMs: elapsed(clock, started),
    ...(statements.length === 0 ? { remembered: true } : {}),
    summary: signing.signer.self.name,
  });
  return done(undefined);
}

/** What our key has not yet said of an image of this run's. */
async function ownStatements(
  context: RunContext,
  signing: Signing,
  entry: PlanEntry,
  published: Published,
  { passed }: Tested,
  signal: AbortSignal,
): Promise<StageResult<readonly Statement[]>> {
  const missing = await missingStatements(context, signing, entry, published, signal);
  if (missing.kind !== 'ok') return missing;
  const bill = await missingBill(context, signing, entry, { ...published, scan: passed?.scan }, signal);
  return bill.kind === 'ok' ? done([...missing.value, ...bill.value]) : bill;
}

/** Whether one of the trusted keys signed the pass of a published image. */
export async function passIsSigned(
  { drawn, registry }: RunContext,
  entry: PlanEntry,
  place: Place,
  digest: string,
  signal: AbortSignal,
): Promise<StageResult<boolean>> {
  const proof = await readProof({ registry, ...place, digest }, entry, drawn.trusted, signal);
  if (proof.ok) return done(proof.value.hasPassed);
  return proof.error.kind === 'cancelled' ? cancelled : environment(proof.error.message);
}

interface Published {
  readonly place: Place;
  readonly where: AttestPlace;
  readonly bytes: Bytes;
}

/** Which pass and which provenance our key has not yet signed. */
async function missingStatements(
  context: RunContext,
  { signer, source }: Signing,
  entry: PlanEntry,
  { place, where, bytes }: Published,
  signal: AbortSignal,
): Promise<StageResult<readonly Statement[]>> {
  const keys = [signer.self];
  const { digest } = where.image;
  const subject = { repository: publishedRepository(place.target, place.name), digest };
  const proof = await readProof({ registry: context.registry, ...place, digest }, entry, keys, signal);
  const origins = proof.ok ? await provenOrigins(where, keys, signal) : undefined;
  if (!proof.ok) return trouble(proof.error);
  if (origins !== undefined && 'kind' in origins) return trouble(origins.error);
  const statements: Statement[] = [];
  if (!proof.value.hasPassed) {
    const payload = testResultStatement(subject, await passFacts(context, entry, bytes));
    statements.push({ predicateType: predicateTypes.testResult, payload });
  }
  // Bytes come from one build of ours, whatever keys they pass under later.
  if (origins?.some(({ key }) => key !== undefined) !== true) {
    const facts = await buildFacts(context, entry, place, bytes, await source(), signal);
    if (facts.kind !== 'ok') return facts;
    const payload = provenanceStatement(subject, facts.value);
    statements.push({ predicateType: predicateTypes.provenance, payload });
  }
  return done(statements);
}

/**
 * The bill of materials, where this run scanned just these bytes itself and our key signed none yet. One that lies in
 * the registry may be anybody's, and is not ours to sign.
 */
async function missingBill(
  context: RunContext,
  { signer }: Signing,
  entry: PlanEntry,
  { place, where, bytes, scan }: Published & { readonly scan: ImageScan | undefined },
  signal: AbortSignal,
): Promise<StageResult<readonly Statement[]>> {
  const { digest } = where.image;
  const isOf = scan?.of.kind === 'engine' ? scan.of.id === bytes.id : scan?.of.digest === digest;
  if (context.scan === undefined || scan?.raw === undefined || !isOf) return done([]);
  const signed = await provenBills(where, [signer.self], signal);
  if ('kind' in signed) return trouble(signed.error);
  if (signed.length > 0) return done([]);
  const subject = { repository: publishedRepository(place.target, place.name), digest };
  const bills = await context.scan.scanner.bills(scan.raw, formatReference(where.image), signal);
  const payload = bills.ok ? billStatement(subject, bills.value.cyclonedx) : undefined;
  if (payload !== undefined) return done([{ predicateType: predicateTypes.bill, payload }]);
  if (signal.aborted) return cancelled;
  const why = bills.ok ? 'the scanner wrote none' : bills.error.message;
  context.emit({ kind: 'remark', image: entry.name, message: `its bill of materials is not signed: ${why}` });
  return done([]);
}

/** The last verdict, where it is one of these bytes; else what the record knows: that they passed. */
async function passFacts(context: RunContext, entry: PlanEntry, bytes: Bytes) {
  const kept = await readVerdict(context.drawn.set.directory, entry.name);
  const isOfThese = kept?.key === entry.key && kept.verdict.imageId === bytes.id && kept.verdict.passed;
  const common = { image: entry.name, key: entry.key };
  const { image } = nodeOf(context.drawn.graph, entry.name);
  const keys = passedKeys(image, entry, context.options.tier);
  if (kept === undefined || !isOfThese) {
    return {
      ...common,
      verdictKeys: keys,
      contract: contractVersion,
      profile: profileOf(entry.kind),
      // In a deep run too an image may be one of which only the gate was asked.
      tier: keys.length > 1 ? 'deep' : 'gate',
      judged: undefined,
      clauses: undefined,
    };
  }
  const { contract, profile, tier, clauses } = kept.verdict;
  return {
    ...common,
    verdictKeys: [...new Set([...keys, kept.verdictKey])],
    contract,
    profile,
    tier,
    judged: new Date(kept.judgedAt),
    clauses: Object.fromEntries(clauses.map(({ id, result }) => [id, result])),
  };
}

function signingFailure(name: string, error: SigningTrouble): StageResult<never> {
  switch (error.kind) {
    case 'registry':
      return trouble(error.error);
    case 'signer':
      if (error.error.kind === 'cancelled') return cancelled;
      return environment(`${name} was pushed and is not signed: ${error.error.message}`);
    case 'not-found':
      return environment(`${name} was signed, but the registry does not show the signature`);
    default:
      error satisfies never;
      return cancelled;
  }
}

function trouble(error: { readonly kind: string; readonly message: string }): StageResult<never> {
  return error.kind === 'cancelled' ? cancelled : environment(`signing: ${error.message}`);
}

function environment(message: string): StageResult<never> {
  return failed({ message, blame: 'environment', tail: [] });
}
