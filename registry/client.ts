/**
 * The client that the rest of a program uses: composes transport, retries, logins and endpoints.
 * Holds no logic of its own, knows nothing of image families, and prints nothing.
 */
import { getBlob, headBlob, type Blob } from './blobs.ts';
import type { BlobCopied, Copied } from './copy.ts';
import type { CredentialSource } from './credentials.ts';
import type { Digest } from './digest.ts';
import type { Failed } from './error.ts';
import { withHostLimit } from './host-limit.ts';
import { KeyedLimit } from './keyed-limit.ts';
import {
  deleteManifest,
  getManifest,
  headManifest,
  putManifest,
  type Absent,
  type Manifest,
  type ManifestHead,
  type Stored,
} from './manifests.ts';
import type { Reference } from './reference.ts';
import type { Referrers } from './referrers.ts';
import { againAfter, defaultRetryPolicy, withRetries, type RetryPolicy } from './retry.ts';
import { Sessions } from './session.ts';
import { listTags, type Repository, type TagList } from './tags.ts';
import { withProtocolTold } from './spoken-protocol.ts';
import { createTransport } from './transport.ts';

export interface RegistryClientOptions {
  readonly credentials: CredentialSource;
  /** Registries (`host` or `host:port`) beside this machine's own that are spoken to without TLS. */
  readonly insecure?: readonly string[];
  /** What a user writes to declare one so, for messages. */
  readonly insecureBy?: string;
  readonly userAgent?: string;
  /** For one try of one request, its answer's body included; large bodies get the time that a slow line needs. */
  readonly timeoutMs?: number;
  /** Requests under way to one host at most. */
  readonly perHost?: number;
  readonly retry?: Partial<RetryPolicy>;
  /** Larger blobs are copied in pieces of so many bytes, of which a broken connection costs one. */
  readonly pieceBytes?: number;
}

export interface Pong {
  readonly kind: 'found';
  readonly login: 'none' | 'basic' | 'bearer';
}

/** Every call answers a value, never throws for what a registry or network does, and ends with its signal. */
export interface RegistryClient {
  /** Whether a registry answers there, and which kind of login it wants; tries no login. */
  ping(registry: string, signal: AbortSignal): Promise<Pong | Failed>;
  headManifest(reference: Reference, signal: AbortSignal): Promise<ManifestHead | Absent | Failed>;
  getManifest(reference: Reference, signal: AbortSignal): Promise<Manifest | Absent | Failed>;
  putManifest(
    reference: Reference,
    bytes: Uint8Array,
    mediaType: string,
    signal: AbortSignal,
  ): Promise<Stored | Failed>;
  listTags(repository: Repository, signal: AbortSignal): Promise<TagList | Absent | Failed>;
  headBlob(
    repository: Repository,
    digest: Digest,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'found' } | Absent | Failed>;
  /** Bytes of a small blob; a longer one than `maxBytes` is refused. */
  getBlob(
    repository: Repository,
    digest: Digest,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<Blob | Absent | Failed>;
  /** Uploads the bytes unless they are there. */
  uploadBlob(repository: Repository, bytes: Uint8Array, signal: AbortSignal): Promise<Stored | Failed>;
  /** Everything that the source names, byte for byte, to the target; only what is missing there travels. */
  copyImage(
    source: Reference,
    target: Reference,
    onBlob: (blob: BlobCopied) => void,
    signal: AbortSignal,
  ): Promise<Copied | Absent | Failed>;
  /** What refers to the subject's digest; of one artifact type where that is given. */
  listReferrers(
    subject: Reference,
    artifactType: string | undefined,
    signal: AbortSignal,
  ): Promise<Referrers | Failed>;
  /** Puts a manifest whose `subject` is the given digest, so that it is found. */
  attachReferrer(subject: Reference, bytes: Uint8Array, signal: AbortSignal): Promise<Stored | Failed>;
  /** Deletes by digest, and with it every tag that names it. */
  deleteManifest(
    reference: Reference,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'deleted' } | Absent | Failed>;
}

const PER_HOST = 16;
const PIECE_BYTES = 8 * 1024 * 1024;

export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const policy = { ...defaultRetryPolicy, ...options.retry };
  const transport = createTransport({
    userAgent: options.userAgent ?? 'oci-distribution-client',
    timeoutMs: options.timeoutMs ?? 30_000,
  });
  const sessions = new Sessions({
    send: withRetries(
      withProtocolTold(withHostLimit(transport, options.perHost ?? PER_HOST), options.insecureBy),
      policy,
    ),
    credentials: options.credentials,
    insecure: options.insecure ?? [],
    now: policy.now,
  });
  const endpoint = {
    exchange: sessions.exchange,
    now: policy.now,
    again: againAfter(policy),
    inTurn: new KeyedLimit(1),
    pieceBytes: options.pieceBytes ?? PIECE_BYTES,
    uploaded: new Map<string, string>(),
  };
  return {
    async ping(registry, signal) {
      const challenge = await sessions.challengeOf(registry, signal);
      if (challenge.kind === 'failed') return challenge;
      return { kind: 'found', login: challenge.kind === 'open' ? 'none' : challenge.kind };
    },
    headManifest: (reference, signal) => headManifest(reference, endpoint, signal),
    getManifest: (reference, signal) => getManifest(reference, endpoint, signal),
    putManifest: (reference, bytes, mediaType, signal) =>
      putManifest(reference, bytes, mediaType, endpoint, signal),
    listTags: (repository, signal) => listTags(repository, endpoint, signal),
    headBlob: (repository, digest, signal) => headBlob(repository, digest, endpoint, signal),
    getBlob: (repository, digest, maxBytes, signal) =>
      getBlob(repository, digest, maxBytes, endpoint, signal),
    // Few commands upload, copy or attach; the others need not load it.
    async uploadBlob(repository, bytes, signal) {
      const { uploadBlob } = await import('./mount.ts');
      return uploadBlob(repository, bytes, endpoint, signal);
    },
    async copyImage(source, target, onBlob, signal) {
      const { copyImage } = await import('./copy.ts');
      return copyImage(source, target, onBlob, endpoint, signal);
    },
    async listReferrers(subject, artifactType, signal) {
      const { listReferrers } = await import('./referrers.ts');
      return listReferrers(subject, artifactType, endpoint, signal);
    },
    async attachReferrer(subject, bytes, signal) {
      const { attachReferrer } = await import('./referrers.ts');
      return attachReferrer(subject, bytes, endpoint, signal);
    },
    deleteManifest: (reference, signal) => deleteManifest(reference, endpoint, signal),
  };
}
