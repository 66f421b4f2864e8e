/**
 * Manifests: is it there, what are its bytes, put these bytes (OCI distribution specification, end-2, 3 and 7).
 * Bytes are never re-encoded: a digest is one of exact bytes. What a manifest says is the caller's to read.
 */
import type { AnswerHeaders } from './answer-headers.ts';
import { digestOf, isDigest, matchesDigest, type Digest } from './digest.ts';
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import { parseJson } from './parse-json.ts';
import { formatFamiliar, type Reference } from './reference.ts';
import { manifestSchema } from './schema.ts';
import type { Exchange, RegistryRequest } from './session.ts';
import type { Answer } from './transport.ts';

export const MEDIA_TYPES = {
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
} as const;

// Always all four: without them some registries convert to another form and answer that form's digest.
const ACCEPT = Object.values(MEDIA_TYPES).join(', ');

// What the specification asks registries to take, so that no larger one can be expected anywhere.
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

export interface ManifestHead {
  readonly kind: 'found';
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

export interface Manifest extends ManifestHead {
  /** As the registry sent them, verified against `digest`. */
  readonly bytes: Buffer<ArrayBuffer>;
}

export interface Absent {
  readonly kind: 'absent';
}

export interface Stored {
  readonly kind: 'stored';
  readonly digest: Digest;
}

export interface ManifestOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
}

/**
 * Digest, type and size of what the reference names. 404 is `absent`; nothing else is.
 * A registry that does not tell the digest costs a GET, whose bytes are hashed.
 */
export async function headManifest(
  reference: Reference,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<ManifestHead | Absent | Failed> {
  const answer = await ask(manifestRequest('HEAD', reference), reference, options, signal);
  if (answer.kind !== 'answer') return answer;
  const { headers } = answer;
  const digest = headers.get('docker-content-digest');
  const size = Number(headers.get('content-length') ?? Number.NaN);
  const mediaType = mediaTypeOf(headers);
  if (digest === null || mediaType === undefined || !Number.isSafeInteger(size) || size <= 0) {
    const manifest = await getManifest(reference, options, signal);
    if (manifest.kind !== 'found') return manifest;
    return { kind: 'found', digest: manifest.digest, mediaType: manifest.mediaType, size: manifest.size };
  }
  if (!isDigest(digest))
    return invalidAnswer(reference.registry, `a digest that is none, for ${nameOf(reference)}`);
  if (reference.digest !== undefined && reference.digest !== digest) {
    return invalidAnswer(reference.registry, `another digest than was asked for, for ${nameOf(reference)}`);
  }
  return { kind: 'found', digest, mediaType, size };
}

/**
 * The bytes of what the reference names, verified: against the reference's digest where it has one,
 * and against the digest that the registry claims.
 */
export async function getManifest(
  reference: Reference,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<Manifest | Absent | Failed> {
  const answer = await ask(manifestRequest('GET', reference), reference, options, signal);
  if (answer.kind !== 'answer') return answer;
  const { headers, body } = answer;
  const bytes = Buffer.from(body);
  const claimed = headers.get('docker-content-digest');
  if (claimed !== null && !isDigest(claimed)) {
    return invalidAnswer(reference.registry, `a digest that is none, for ${nameOf(reference)}`);
  }
  for (const expected of [reference.digest, claimed]) {
    if (expected && !matchesDigest(bytes, expected)) {
      return invalidAnswer(
        reference.registry,
        `the manifest of ${nameOf(reference)} is not what its digest says`,
      );
    }
  }
  const parsed = parseJson(manifestSchema, bytes);
  // Schema 1 names no media type and cannot be pushed on byte for byte; nobody makes it any more.
  const mediaType = parsed?.schemaVersion === 2 ? (parsed.mediaType ?? mediaTypeOf(headers)) : undefined;
  if (mediaType === undefined) {
    return invalidAnswer(
      reference.registry,
      `what it sent for ${nameOf(reference)} is no manifest of today's kinds`,
    );
  }
  const digest = reference.digest ?? claimed ?? digestOf(bytes);
  return { kind: 'found', digest, mediaType, size: bytes.length, bytes };
}

/**
 * Puts these bytes under the reference's tag, or under their digest where it has none.
 * A further tag for what is there is the same call with the same bytes. Throws when the reference's digest is
 * not that of the bytes, or `mediaType` not what they say: both are mistakes of the caller.
 */
export async function putManifest(
  reference: Reference,
  bytes: Uint8Array,
  mediaType: string,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<Stored | Failed> {
  if (reference.digest !== undefined && !matchesDigest(bytes, reference.digest)) {
    throw new TypeError(`the manifest's bytes are not ${reference.digest}`);
  }
  const stated = parseJson(manifestSchema, bytes)?.mediaType;
  if (stated !== undefined && stated !== mediaType) {
    throw new TypeError(`the manifest says that it is ${stated}, not ${mediaType}`);
  }
  const digest = reference.digest ?? digestOf(bytes);
  const request = manifestRequest('PUT', reference, reference.tag ?? digest);
  const body = Buffer.from(bytes);
  const answer = await options.exchange({ ...request, headers: { 'content-type': mediaType }, body }, signal);
  if (answer.kind === 'failed') return answer;
  if (answer.status !== 201 && answer.status !== 200) {
    return errorOfAnswer(reference.registry, `putting ${nameOf(reference)}`, answer, options.now());
  }
  const claimed = answer.headers.get('docker-content-digest');
  if (claimed !== null && (!isDigest(claimed) || !matchesDigest(bytes, claimed))) {
    return invalidAnswer(
      reference.registry,
      `it stored other bytes than it was sent, for ${nameOf(reference)}`,
    );
  }
  return { kind: 'stored', digest };
}

/**
 * Deletes the manifest with the reference's digest, and with it every tag that names it (end-9).
 * `absent` when it was not there; a registry that does not delete answers `rejected` with status 405.
 * Throws for a reference without a digest: deleting a tag is optional in the specification and means different things.
 */
export async function deleteManifest(
  reference: Reference,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<{ readonly kind: 'deleted' } | Absent | Failed> {
  if (reference.digest === undefined) throw new TypeError('a manifest is deleted by its digest');
  const answer = await options.exchange(
    { ...manifestRequest('GET', reference), method: 'DELETE', actions: 'pull,push,delete' },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 202 || answer.status === 200) return { kind: 'deleted' };
  if (answer.status === 404) return { kind: 'absent' };
  return errorOfAnswer(reference.registry, `deleting ${nameOf(reference)}`, answer, options.now());
}

/** A digest names bytes, a tag may move meanwhile: where both are given, the digest is asked for. */
function manifestRequest(
  method: 'HEAD' | 'GET' | 'PUT',
  reference: Reference,
  target: string = reference.digest ?? reference.tag ?? 'latest',
): RegistryRequest {
  return {
    method,
    registry: reference.registry,
    repository: reference.repository,
    actions: method === 'PUT' ? 'pull,push' : 'pull',
    path: `/v2/${reference.repository}/manifests/${target}`,
    headers: { accept: ACCEPT },
    maxBytes: MAX_MANIFEST_BYTES,
  };
}

/** Sends, and tells a 200 from what is absent and what failed. */
async function ask(
  request: RegistryRequest,
  reference: Reference,
  options: ManifestOptions,
  signal: AbortSignal,
): Promise<Answer | Absent | Failed> {
  const answer = await options.exchange(request, signal);
  if (answer.kind === 'failed' || answer.status === 200) return answer;
  if (answer.status === 404 && !answer.fromElsewhere) return { kind: 'absent' };
  return errorOfAnswer(reference.registry, `reading ${nameOf(reference)}`, answer, options.now());
}

function mediaTypeOf(headers: AnswerHeaders): string | undefined {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  return Object.values<string>(MEDIA_TYPES).find((known) => known === type);
}

function nameOf(reference: Reference): string {
  return formatFamiliar(reference);
}
