/**
 * What signatures prove of an image: reads what lies beside it in the registry, and believes of that only what one of
 * the given keys or identities signed and what is about this very digest. Decides nothing about an image.
 */
import type { Digest } from '../../registry/digest.ts';
import type { Failed } from '../../registry/error.ts';
import { parseJson } from '../../registry/parse-json.ts';
import { referredEnvelopes, taggedEnvelopes, taggedSignatures, type Place } from './attachments.ts';
import { provenanceSchema, simpleSigningSchema, statementSchema, testResultSchema } from './schema.ts';
import { buildType, contractName, predicateTypes } from './statement.ts';
import { openAttested, signerOf, type Attested, type Trusted } from './trusted.ts';

/** A signed pass of a contract of ours. */
export interface ProvenPass {
  readonly signer: string;
  readonly image: string;
  /** The content key of the bytes that passed. */
  readonly key: string;
  readonly verdictKeys: readonly string[];
  readonly contract: number;
  readonly profile: string;
  readonly tier: string;
  /** Undefined where it was not told. */
  readonly judgedAt: string | undefined;
  readonly clauses: Readonly<Record<string, string>> | undefined;
}

/** A signed provenance. */
export interface ProvenOrigin {
  readonly signer: string;
  /** Undefined where it tells of somebody else's build. */
  readonly key: string | undefined;
  readonly builtAt: string | undefined;
  readonly run: string | undefined;
  readonly revision: string | undefined;
  readonly source: string | undefined;
  readonly dirty: boolean | undefined;
  /** Files that were not committed, the first of them; empty where they are not told. */
  readonly uncommitted: readonly string[];
}

/** A signed bill of materials. */
export interface ProvenBill {
  readonly signer: string;
  readonly components: number;
}

/** A statement that counts. */
export interface Proven {
  readonly signer: string;
  readonly predicate: unknown;
}

type Answer<T> = readonly T[] | Failed;

/** Every signed pass of the image. */
export async function provenPasses(
  place: Place,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Answer<ProvenPass>> {
  const statements = await provenStatements(place, predicateTypes.testResult, trusted, signal);
  return 'kind' in statements ? statements : statements.flatMap((each) => passIn(each) ?? []);
}

/** Every signed provenance of the image. */
export async function provenOrigins(
  place: Place,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Answer<ProvenOrigin>> {
  const statements = await provenStatements(place, predicateTypes.provenance, trusted, signal);
  return 'kind' in statements ? statements : statements.flatMap((each) => originIn(each) ?? []);
}

/** Who signed a bill of materials of the image, and how many components it names. */
export async function provenBills(
  place: Place,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Answer<ProvenBill>> {
  const statements = await provenStatements(place, predicateTypes.bill, trusted, signal);
  if ('kind' in statements) return statements;
  return statements.map(({ signer, predicate }) => ({ signer, components: componentsIn(predicate) }));
}

/** Who signed the image itself. */
export async function imageSigners(
  place: Place,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Answer<string>> {
  const signatures = await taggedSignatures(place, signal);
  if ('kind' in signatures) return signatures;
  const signers = signatures.flatMap((signature) => {
    const said = parseJson(simpleSigningSchema, signature.payload)?.critical.image['docker-manifest-digest'];
    return said === place.image.digest ? (signerOf(signature, trusted) ?? []) : [];
  });
  if (signers.length > 0) return [...new Set(signers)];
  const bundles = await provenStatements(place, predicateTypes.signature, trusted, signal);
  return 'kind' in bundles ? bundles : [...new Set(bundles.map(({ signer }) => signer))];
}

/** Statements of one kind: those under cosign's tag, and where none of them counts, those in bundles. */
export async function provenStatements(
  place: Place,
  predicateType: string,
  trusted: readonly Trusted[],
  signal: AbortSignal,
): Promise<Answer<Proven>> {
  for (const read of [taggedEnvelopes, referredEnvelopes]) {
    const envelopes = await read(place, predicateType, signal);
    if ('kind' in envelopes) return envelopes;
    const proven = envelopes.flatMap(
      (envelope) => believed(envelope, predicateType, place.image.digest, trusted) ?? [],
    );
    if (proven.length > 0) return proven;
  }
  return [];
}

/** A statement of this kind about this digest, signed by one of these keys; anything else proves nothing. */
function believed(
  envelope: Attested,
  predicateType: string,
  digest: Digest,
  trusted: readonly Trusted[],
): Proven | undefined {
  const opened = openAttested(envelope, trusted);
  const statement = opened === undefined ? undefined : parseJson(statementSchema, opened.payload);
  if (opened === undefined || statement === undefined) return undefined;
  const [algorithm = '', hex = ''] = digest.split(':');
  const isAbout = statement.subject.some((subject) => subject.digest[algorithm] === hex);
  // Annotations on the envelope are nobody's word: what kind of statement it is, the signed text says.
  if (!isAbout || statement.predicateType !== predicateType) return undefined;
  return { signer: opened.signer, predicate: statement.predicate };
}

function passIn({ signer, predicate }: Proven): ProvenPass | undefined {
  const result = testResultSchema.safeParse(predicate).data;
  if (result === undefined || (result.result !== 'PASSED' && result.result !== 'WARNED')) return undefined;
  const said = result.configuration.find(({ name }) => name === contractName)?.annotations;
  if (said === undefined) return undefined;
  return { ...said, signer, judgedAt: said.judgedAt, clauses: said.clauses };
}

function originIn({ signer, predicate }: Proven): ProvenOrigin | undefined {
  const provenance = provenanceSchema.safeParse(predicate).data;
  if (provenance === undefined) return undefined;
  const { buildDefinition, runDetails } = provenance;
  const source = buildDefinition.resolvedDependencies?.find(
    ({ digest }) => digest?.['gitCommit'] !== undefined,
  );
  const dirty = source?.annotations?.['dirty'];
  const uncommitted = source?.annotations?.['uncommitted'];
  return {
    signer,
    key: buildDefinition.buildType === buildType ? buildDefinition.internalParameters?.key : undefined,
    builtAt: runDetails.metadata?.finishedOn,
    run: runDetails.metadata?.invocationId,
    revision: source?.digest?.['gitCommit'],
    source: source?.uri,
    dirty: typeof dirty === 'boolean' ? dirty : undefined,
    uncommitted: Array.isArray(uncommitted) ? uncommitted.filter((file) => typeof file === 'string') : [],
  };
}

function componentsIn(predicate: unknown): number {
  if (typeof predicate !== 'object' || predicate === null || !('components' in predicate)) return 0;
  return Array.isArray(predicate.components) ? predicate.components.length : 0;
}
