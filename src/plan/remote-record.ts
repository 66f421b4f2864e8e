/**
 * The record as the registry holds it: which content keys exist there, which passed, and which of the
 * tags that we publish point to them. Asks with HEAD requests alone; believes nothing but a plain answer:
 * "absent" is a 404, and every other trouble is an error, never "absent". What signatures prove is signed-record.ts's.
 */
import pLimit from 'p-limit';
import { parseReference } from '../../registry/reference.ts';
import type { RegistryClient } from '../../registry/client.ts';
import type { Trusted } from '../attest/trusted.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { keyTag, passTag, scanTag } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference } from '../matrix/naming.ts';
import type { KnownProofs } from './known-proofs.ts';
import type { PublishedBytes } from './plan.ts';
import type { RecordProof } from './signed-record.ts';

export interface RecordQuestion {
  readonly name: string;
  readonly key: string;
  readonly verdictKey: string;
  /** Where the family is scanned. */
  readonly scanKey?: string;
  /** It is to be published: then its names have to agree, or they are given once more. */
  readonly isToPublish?: true;
}

/** Requests under way at once: enough to hide latency, few enough for a small registry. */
const concurrency = 16;

/**
 * The digest behind one published tag; undefined where the registry says that there is none.
 * Everything but a plain yes or no is a diagnostic of the category `environment`.
 */
export async function publishedDigest(
  registry: Pick<RegistryClient, 'headManifest'>,
  target: RegistryTarget,
  name: string,
  tag: string,
  signal: AbortSignal,
): Promise<Result<string | undefined, Diagnostic>> {
  const text = publishedReference(target, name, tag);
  const reference = parseReference(text);
  if (reference.kind === 'invalid-reference') {
    return err({
      category: 'usage',
      severity: 'error',
      code: 'invalid-reference',
      message: `\`${text}\`: ${reference.message}`,
    });
  }
  const answer = await registry.headManifest(reference, signal);
  if (answer.kind === 'found') return ok(answer.digest);
  if (answer.kind === 'absent') return ok(undefined);
  return err(registryTrouble(`the registry can't say whether it has \`${text}\``, answer.error.message));
}

/** A registry that did not answer what it was asked. */
export function registryTrouble(what: string, said: string): Diagnostic {
  return {
    category: 'environment',
    severity: 'error',
    code: 'registry-unreachable',
    // A whole key tells a person nothing more, and fits no line.
    message: `${what.replaceAll(/([0-9a-f]{12})[0-9a-f]{52}/g, '$1…')}: ${said}`,
    help: 'check `registry:` in matrix.yaml, the network, and the login (`docker login`)',
  };
}

/** What a registry has of the images that were asked for. */
export interface RemoteRecord {
  readonly known: ReadonlyMap<string, PublishedBytes>;
  /** Images that are there, but that nobody who is trusted signed. */
  readonly unsigned: ReadonlySet<string>;
}

/** Of a registry, what one question is put to. */
interface Asked {
  readonly registry: RegistryClient;
  readonly target: RegistryTarget;
  readonly signal: AbortSignal;
  /** What is asked of signatures; undefined where nobody has to sign. */
  readonly proofs: Proofs | undefined;
}

/** Whose word counts beside the registry's; none: its own does. */
export interface Belief {
  readonly trusted: readonly Trusted[];
  /** What they proved before; what they prove now is added. */
  readonly known?: KnownProofs;
}

/** The same with what was proved to earlier plans of this repository; `keep` remembers what is proved to this one. */
export async function openBelief(
  trusted: readonly Trusted[],
  cacheFolder: string | undefined,
  directory: string,
): Promise<{ readonly belief: Belief; keep(): Promise<void> }> {
  if (trusted.length === 0) return { belief: { trusted }, keep: async () => undefined };
  const { openKnownProofs } = await import('./known-proofs.ts');
  const { proofs, keep } = openKnownProofs(cacheFolder, directory, trusted);
  return { belief: { trusted, known: proofs }, keep };
}

interface Proofs {
  ofRecord(digest: string, question: RecordQuestion): Promise<Result<RecordProof, Diagnostic>>;
  ofScan(digest: string, name: string, scanKey: string): Promise<Result<boolean, Diagnostic>>;
}

/**
 * Asks for all images side by side. The first trouble is the answer: a registry that fails once is not half believed.
 * With keys to trust, an image counts only where one of them signed that it is this content, and a pass only where
 * one of them signed it. Without, whoever may write to the registry is believed.
 */
export async function askRemoteRecord(
  registry: RegistryClient,
  target: RegistryTarget,
  questions: readonly RecordQuestion[],
  belief: Belief,
  signal: AbortSignal,
): Promise<Result<RemoteRecord, Diagnostic>> {
  const limit = pLimit(concurrency);
  const proofs = await proofsBy(belief, registry, target, signal);
  const answers = await limit.map(questions, (question) =>
    askImage({ registry, target, signal, proofs }, question),
  );
  // In the order of the questions, not of the answers: what is told of them is the same every time.
  const known = new Map<string, PublishedBytes>();
  const unsigned = new Set<string>();
  for (const [index, { name }] of questions.entries()) {
    const found = answers[index]!;
    if (!found.ok) return found;
    if (found.value === 'unsigned') unsigned.add(name);
    else if (found.value !== undefined) known.set(name, found.value);
  }
  return ok({ known, unsigned });
}

/** Most families trust their registry, and need not load what reads signatures. */
async function proofsBy(
  { trusted, known }: Belief,
  registry: RegistryClient,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<Proofs | undefined> {
  if (trusted.length === 0) return undefined;
  const { askProof, askScanProof } = await import('./signed-record.ts');
  return {
    async ofRecord(digest, { name, key, verdictKey }) {
      if (known?.has({ digest, key, verdictKey }) === true) return ok({ isOurs: true, hasPassed: true });
      const where = { registry, target, name, digest };
      const proof = await askProof(where, { key, verdictKey }, trusted, signal);
      if (proof.ok && proof.value.isOurs && proof.value.hasPassed) known?.learn({ digest, key, verdictKey });
      return proof;
    },
    ofScan: (digest, name, scanKey) =>
      askScanProof({ registry, target, name, digest }, scanKey, trusted, signal),
  };
}

/** What the registry has of one image, if anything. */
async function askImage(
  asked: Asked,
  question: RecordQuestion,
): Promise<Result<PublishedBytes | 'unsigned' | undefined, Diagnostic>> {
  const { proofs } = asked;
  const { name, key, verdictKey } = question;
  const digestOf = async (tag: string): Promise<Result<string | undefined, Diagnostic>> =>
    await publishedDigest(asked.registry, asked.target, name, tag, asked.signal);

  // A pass says which bytes it is of, and its key holds that of their content: one request answers where a registry's
  // word is enough, or where somebody signed both of these very bytes. The key's own name matters to whoever gives names.
  const mayTakePass = question.isToPublish !== true;
  const first = mayTakePass ? await digestOf(passTag(verdictKey)) : undefined;
  if (first?.ok === false) return first;
  if (first?.value !== undefined) {
    const proof = await proofs?.ofRecord(first.value, question);
    if (proof?.ok === false) return proof;
    const counts = proof === undefined || (proof.value.isOurs && proof.value.hasPassed);
    if (counts) return await withScan(asked, question, { digest: first.value, passed: true });
  }
  const bytes = await digestOf(keyTag(key));
  if (!bytes.ok) return bytes;
  if (bytes.value === undefined) return ok(undefined);
  const digest = bytes.value;
  const pass = first ?? (await digestOf(passTag(verdictKey)));
  if (!pass.ok) return pass;
  const hasPass = pass.value === digest;
  if (proofs === undefined) return await withScan(asked, question, { digest, passed: hasPass });
  const proof = await proofs.ofRecord(digest, question);
  if (!proof.ok) return proof;
  const { isOurs, hasPassed } = proof.value;
  if (!isOurs) return ok('unsigned');
  const unsignedPass = hasPass && !hasPassed ? { unsignedPass: true as const } : {};
  return await withScan(asked, question, { digest, passed: hasPass && hasPassed, ...unsignedPass });
}

/** The same with what is known of a scan of it, where the family is scanned. */
async function withScan(
  { registry, target, signal, proofs }: Asked,
  { name, scanKey }: RecordQuestion,
  bytes: PublishedBytes,
): Promise<Result<PublishedBytes, Diagnostic>> {
  if (scanKey === undefined) return ok(bytes);
  const scan = await publishedDigest(registry, target, name, scanTag(scanKey), signal);
  if (!scan.ok) return scan;
  const scanned = scan.value === bytes.digest;
  const isSigned = scanned ? await proofs?.ofScan(bytes.digest, name, scanKey) : undefined;
  if (isSigned?.ok === false) return isSigned;
  return ok(
    isSigned?.value === false ? { ...bytes, scanned: false, unsignedScan: true } : { ...bytes, scanned },
  );
}
