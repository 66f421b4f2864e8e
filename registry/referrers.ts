/**
 * What refers to an image: signatures, software bills, attestations (OCI distribution specification, end-12a and
 * 12b), with the tag schema for registries that do not answer for referrers. Attaches and lists; what an artifact
 * says is the caller's.
 */
import { digestOf, isDigest, type Digest } from './digest.ts';
import { cancelled, errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import type { KeyedLimit } from './keyed-limit.ts';
import { getManifest, headManifest, MEDIA_TYPES, putManifest, type Stored } from './manifests.ts';
import { readPages, type Page } from './pages.ts';
import { parseJson } from './parse-json.ts';
import { withDigest, withTag, type Reference } from './reference.ts';
import { imageManifestSchema, indexSchema, type RawDescriptor } from './schema.ts';
import type { Again } from './retry.ts';
import type { Exchange } from './session.ts';
import type { Answer } from './transport.ts';

const MAX_INDEX_BYTES = 4 * 1024 * 1024;
/** No manifest has this digest: a registry that answers 200 for it really looks for referrers. */
const ZERO_DIGEST = `sha256:${'0'.repeat(64)}`;

interface ReferrersOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
}

interface AttachOptions extends ReferrersOptions {
  readonly again: Again;
  /** One at a time for each subject. */
  readonly inTurn: KeyedLimit;
}

export interface Referrer {
  readonly digest: Digest;
  readonly mediaType: string;
  /** In bytes. */
  readonly size: number;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Referrers {
  readonly kind: 'found';
  /** By digest, each once. */
  readonly referrers: readonly Referrer[];
}

/** What refers to the reference's digest; all kinds, or those of one artifact type. Nothing is an empty list. */
export async function listReferrers(
  subject: Reference,
  artifactType: string | undefined,
  options: ReferrersOptions,
  signal: AbortSignal,
): Promise<Referrers | Failed> {
  const digest = digestOfSubject(subject);
  const asked = await askReferrers(subject, digest, options, signal);
  if (asked.kind === 'failed') return asked;
  const index = asked.kind === 'index' ? asked.descriptors : [];
  const fallback = await readTagSchema(subject, digest, options, signal);
  if (fallback.kind === 'failed') return fallback;
  // A registry that learned about referrers later still has the older ones under the tag.
  const all = new Map([...fallback.descriptors, ...index].map((each) => [each.digest, each]));
  const referrers = [...all.values()]
    .filter((each) => isDigest(each.digest))
    .map(referrerOf)
    .filter((each) => artifactType === undefined || each.artifactType === artifactType)
    .toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  return { kind: 'found', referrers };
}

/**
 * Puts an artifact's manifest, whose `subject` is the reference's digest, and makes sure that it will be found:
 * where the registry does not answer for referrers, it is entered into the subject's tag. Throws when the bytes
 * are no manifest about that subject.
 */
export async function attachReferrer(
  subject: Reference,
  bytes: Uint8Array,
  options: AttachOptions,
  signal: AbortSignal,
): Promise<Stored | Failed> {
  const digest = digestOfSubject(subject);
  const manifest = parseJson(imageManifestSchema, bytes);
  if (manifest?.subject?.digest !== digest) throw new TypeError(`the artifact is not about ${digest}`);
  const own = withDigest(subject, digestOf(bytes));
  const put = await putManifest(own, bytes, MEDIA_TYPES.ociManifest, options, signal);
  if (put.kind === 'failed') return put;
  const probe = await askReferrers(subject, ZERO_DIGEST, options, signal);
  if (probe.kind === 'failed') return probe;
  if (probe.kind === 'index') return put;
  const entry = {
    mediaType: MEDIA_TYPES.ociManifest,
    digest: put.digest,
    size: bytes.length,
    artifactType: manifest.artifactType ?? manifest.config.mediaType,
    ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
  };
  const entered = await options.inTurn.run(
    `${subject.registry}/${subject.repository}@${digest}`,
    () => enterIntoTag(subject, digest, entry, options, signal),
    () => cancelled(subject.registry),
    signal,
  );
  return entered.kind === 'failed' ? entered : put;
}

interface Unsupported {
  readonly kind: 'unsupported';
}

type Descriptors = { readonly descriptors: readonly RawDescriptor[] };

/** The registry's own answer; `unsupported` when it has none to give. */
async function askReferrers(
  subject: Reference,
  digest: string,
  options: ReferrersOptions,
  signal: AbortSignal,
): Promise<({ readonly kind: 'index' } & Descriptors) | Unsupported | Failed> {
  const { registry, repository } = subject;
  const first = {
    method: 'GET',
    registry,
    repository,
    actions: 'pull',
    path: `/v2/${repository}/referrers/${digest}`,
    headers: { accept: MEDIA_TYPES.ociIndex },
    maxBytes: MAX_INDEX_BYTES,
  } as const;
  const read = (answer: Answer, isFirst: boolean): Page<RawDescriptor> | Unsupported | Failed => {
    const { status } = answer;
    if (isFirst && (status === 404 || status === 405 || status === 400)) return { kind: 'unsupported' };
    if (status !== 200)
      return errorOfAnswer(registry, `listing what refers to ${digest}`, answer, options.now());
    const index = parseJson(indexSchema, answer.body);
    if (index !== undefined) return { kind: 'page', items: index.manifests };
    // Registries that know no such path may answer it with a page of theirs.
    if (isFirst) return { kind: 'unsupported' };
    return invalidAnswer(registry, `what it sent as what refers to ${digest} is no index`);
  };
  const all = await readPages(first, `what refers to ${digest}`, options.exchange, read, signal);
  return all.kind === 'page' ? { kind: 'index', descriptors: all.items } : all;
}

async function readTagSchema(
  subject: Reference,
  digest: Digest,
  options: ReferrersOptions,
  signal: AbortSignal,
): Promise<({ readonly kind: 'index' } & Descriptors) | Failed> {
  const manifest = await getManifest(withTag(subject, tagOf(digest)), options, signal);
  if (manifest.kind === 'failed') return manifest;
  if (manifest.kind === 'absent') return { kind: 'index', descriptors: [] };
  const index = parseJson(indexSchema, manifest.bytes);
  if (index !== undefined) return { kind: 'index', descriptors: index.manifests };
  return invalidAnswer(subject.registry, `the tag ${tagOf(digest)} is no index of what refers to ${digest}`);
}

/**
 * Enters an artifact into the subject's tag. Registries do not compare and swap: who writes at the same time from
 * another machine may overwrite the entry, so the tag is read once more, until the entry is seen in it.
 */
async function enterIntoTag(
  subject: Reference,
  digest: Digest,
  entry: RawDescriptor & { readonly digest: Digest },
  options: AttachOptions,
  signal: AbortSignal,
): Promise<Stored | Failed> {
  let leaveOut: ReadonlySet<string> = new Set();
  for (let attempt = 1; ; attempt += 1) {
    const there = await readTagSchema(subject, digest, options, signal);
    if (there.kind === 'failed') return there;
    const isEntered = there.descriptors.some((each) => each.digest === entry.digest);
    if (isEntered) return { kind: 'stored', digest: entry.digest };
    if (attempt > options.again.attempts)
      return invalidAnswer(
        subject.registry,
        `the tag ${tagOf(digest)} does not keep what is entered into it`,
      );
    if (attempt > 1) await options.again.pause(attempt, signal);
    const others = there.descriptors.filter((each) => !leaveOut.has(each.digest));
    const manifests = [...others, entry].toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests };
    const bytes = Buffer.from(JSON.stringify(index));
    const put = await putManifest(
      withTag(subject, tagOf(digest)),
      bytes,
      MEDIA_TYPES.ociIndex,
      options,
      signal,
    );
    if (put.kind !== 'failed') continue;
    // docker-registry takes no index that names what was deleted since.
    if (put.error.kind !== 'rejected' || put.error.status !== 400 || leaveOut.size > 0) return put;
    const gone = await absentOf(subject, others, options, signal);
    if ('kind' in gone) return gone;
    if (gone.size === 0) return put;
    leaveOut = gone;
  }
}

/** Of these manifests those that the registry has no more. */
async function absentOf(
  subject: Reference,
  descriptors: readonly RawDescriptor[],
  options: AttachOptions,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | Failed> {
  const gone = new Set<string>();
  for (const { digest } of descriptors) {
    if (!isDigest(digest)) continue;
    const head = await headManifest(withDigest(subject, digest), options, signal);
    if (head.kind === 'failed') return head;
    if (head.kind === 'absent') gone.add(digest);
  }
  return gone;
}

/** The subject's tag in registries without referrers: `sha256-…`, cut to what a tag may be long. */
function tagOf(digest: Digest): string {
  return digest.replace(':', '-').slice(0, 'sha256-'.length + 64);
}

function digestOfSubject(subject: Reference): Digest {
  if (subject.digest === undefined) throw new TypeError('referrers belong to a digest');
  return subject.digest;
}

function referrerOf(raw: RawDescriptor): Referrer {
  const { digest, mediaType, size, artifactType, annotations } = raw;
  if (!isDigest(digest)) throw new TypeError(`${digest} is no digest`);
  return { digest, mediaType, size, artifactType, annotations: annotations ?? {} };
}
