/**
 * What refers to an image: signatures, software bills, attestations (OCI distribution specification, end-12a and
 * 12b), with the tag schema for registries that do not answer for referrers. Attaches and lists; what an artifact
 * says is the caller's.
 */
import { digestOf, isDigest, type Digest } from './digest.ts';
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import { getManifest, MEDIA_TYPES, putManifest, type Stored } from './manifests.ts';
import { withDigest, withTag, type Reference } from './reference.ts';
import { imageManifestSchema, indexSchema, parseJson, type RawDescriptor } from './schema.ts';
import type { Exchange } from './session.ts';

const MAX_INDEX_BYTES = 4 * 1024 * 1024;
/** No manifest has this digest: a registry that answers 200 for it really looks for referrers. */
const ZERO_DIGEST = `sha256:${'0'.repeat(64)}`;

interface ReferrersOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
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
  options: ReferrersOptions,
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
  const entered = await enterIntoTag(
    subject,
    digest,
    {
      mediaType: MEDIA_TYPES.ociManifest,
      digest: put.digest,
      size: bytes.length,
      artifactType: manifest.artifactType ?? manifest.config.mediaType,
      ...(manifest.annotations === undefined ? {} : { annotations: manifest.annotations }),
    },
    options,
    signal,
  );
  return entered.kind === 'failed' ? entered : put;
}

type Descriptors = { readonly descriptors: readonly RawDescriptor[] };

/** The registry's own answer; `unsupported` when it has none to give. */
async function askReferrers(
  subject: Reference,
  digest: string,
  options: ReferrersOptions,
  signal: AbortSignal,
): Promise<({ readonly kind: 'index' } & Descriptors) | { readonly kind: 'unsupported' } | Failed> {
  const { registry, repository } = subject;
  const answer = await options.exchange(
    {
      method: 'GET',
      registry,
      repository,
      actions: 'pull',
      path: `/v2/${repository}/referrers/${digest}`,
      headers: { accept: MEDIA_TYPES.ociIndex },
      maxBytes: MAX_INDEX_BYTES,
    },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404 || answer.status === 405 || answer.status === 400) return { kind: 'unsupported' };
  if (answer.status !== 200)
    return errorOfAnswer(registry, `listing what refers to ${digest}`, answer, options.now());
  const index = parseJson(indexSchema, answer.body);
  // Registries that know no such path may answer it with a page of theirs.
  return index === undefined ? { kind: 'unsupported' } : { kind: 'index', descriptors: index.manifests };
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

async function enterIntoTag(
  subject: Reference,
  digest: Digest,
  entry: RawDescriptor,
  options: ReferrersOptions,
  signal: AbortSignal,
): Promise<Stored | Failed> {
  const there = await readTagSchema(subject, digest, options, signal);
  if (there.kind === 'failed') return there;
  const others = there.descriptors.filter((each) => each.digest !== entry.digest);
  const manifests = [...others, entry].toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests };
  const bytes = Buffer.from(JSON.stringify(index));
  return putManifest(withTag(subject, tagOf(digest)), bytes, MEDIA_TYPES.ociIndex, options, signal);
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
