/**
 * Blobs on their way into a registry: small ones at once and large ones in pieces, of which a broken connection costs
 * one (OCI distribution specification, end-4a, 4b, 5, 6, 13). Where the bytes come from is the caller's; reading blobs is
 * blobs.ts, and what need not be sent is mount.ts's to find out.
 */
import { headBlob } from './blobs.ts';
import type { Digest } from './digest.ts';
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import type { Stored } from './manifests.ts';
import type { Again } from './retry.ts';
import type { Exchange, RegistryRequest } from './session.ts';
import type { Repository } from './tags.ts';
import type { Answer } from './transport.ts';

const MAX_ANSWER_BYTES = 64 * 1024;
export interface UploadOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
  readonly again: Again;
  /** Larger blobs are sent in pieces of so many bytes, of which a broken connection costs one. */
  readonly pieceBytes: number;
}

export interface BlobSource {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. */
  read(offset: number, length: number, signal: AbortSignal): Promise<Piece | Failed>;
}

export interface Piece {
  readonly kind: 'piece';
  readonly bytes: Buffer<ArrayBuffer>;
}

/** An upload under way: where its next request goes. Registries may name another place in every answer. */
export interface Session {
  readonly kind: 'session';
  readonly location: string;
  readonly pieceBytes: number;
}

/** Nothing goes on from here, but the whole may be begun anew; `trouble` is what broke it. */
export interface Broken {
  readonly kind: 'broken';
  readonly trouble: Failed;
}

/**
 * Sends a blob. Ends with `stored` only after the registry has checked the whole against its digest.
 * After a broken connection the registry is asked how far it got, and only what is missing is sent again; where it
 * has forgotten the upload (docker-registry does, once a piece has broken), the blob is begun anew. `begun`: what has
 * been begun for it already.
 */
export async function sendBlob(
  repository: Repository,
  source: BlobSource,
  options: UploadOptions,
  signal: AbortSignal,
  begun?: Session,
): Promise<Stored | Failed> {
  for (let attempt = 1; ; attempt += 1) {
    const session =
      attempt === 1 && begun !== undefined
        ? begun
        : await beginUpload(repository, undefined, options, signal);
    if (session.kind === 'stored') return session;
    const outcome =
      session.kind === 'session' ? await sendInto(repository, session, source, options, signal) : session;
    if (outcome.kind !== 'broken') return outcome;
    if (attempt >= options.again.attempts) return outcome.trouble;
    await options.again.pause(attempt, signal);
  }
}

async function sendInto(
  repository: Repository,
  begun: Session,
  source: BlobSource,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Stored | Broken | Failed> {
  if (source.size <= begun.pieceBytes) {
    const whole = await readAll(source, signal);
    if (whole.kind === 'failed') return whole;
    return finishUpload(repository, begun, source.digest, whole.bytes, options, signal);
  }
  let session = begun;
  for (let offset = 0; offset < source.size;) {
    const length = Math.min(session.pieceBytes, source.size - offset);
    const piece = await source.read(offset, length, signal);
    if (piece.kind === 'failed') return piece;
    const sent = await sendPiece(repository, session, { offset, bytes: piece.bytes }, options, signal);
    if (sent.kind !== 'session') return sent;
    session = sent;
    offset += length;
  }
  return finishUpload(repository, session, source.digest, undefined, options, signal);
}

async function readAll(source: BlobSource, signal: AbortSignal): Promise<Piece | Failed> {
  if (source.size === 0) return { kind: 'piece', bytes: Buffer.alloc(0) };
  return source.read(0, source.size, signal);
}

/** Names the digest to the registry, with the bytes where none were sent yet. */
async function finishUpload(
  repository: Repository,
  { location }: Session,
  digest: Digest,
  bytes: Buffer<ArrayBuffer> | undefined,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Stored | Broken | Failed> {
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
  const request = { ...uploadRequest(repository), method: 'PUT', path } as const;
  const headers = { 'content-type': 'application/octet-stream' };
  const answer = await options.exchange(
    bytes === undefined ? request : { ...request, headers, body: bytes },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 201) return { kind: 'stored', digest };
  const trouble = refused(repository, answer, options);
  if (isOtherContent(trouble)) return { kind: 'broken', trouble };
  if (!isUnknownUpload(trouble)) return trouble;
  // Either it was lost, or it was finished by a first request whose answer was lost.
  const there = await headBlob(repository, digest, options, signal);
  if (there.kind === 'failed') return there;
  return there.kind === 'found' ? { kind: 'stored', digest } : { kind: 'broken', trouble };
}

/** Begins an upload. `mount`: the registry says `stored` instead where it has the blob in that repository already. */
export async function beginUpload(
  repository: Repository,
  mount: { readonly digest: Digest; readonly from: string } | undefined,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Session | Stored | Broken | Failed> {
  const query =
    mount === undefined ? '' : `?${new URLSearchParams({ mount: mount.digest, from: mount.from })}`;
  const isOther = mount !== undefined && mount.from !== repository.repository;
  const request = { ...uploadRequest(repository), ...(isOther ? { source: mount.from } : {}) };
  const path = `/v2/${repository.repository}/blobs/uploads/${query}`;
  const answer = await options.exchange({ ...request, method: 'POST', path }, signal);
  if (answer.kind === 'failed')
    return answer.error.kind === 'unreachable' ? { kind: 'broken', trouble: answer } : answer;
  if (answer.status === 201 && mount !== undefined) return { kind: 'stored', digest: mount.digest };
  if (answer.status !== 202) {
    const trouble = refused(repository, answer, options);
    return trouble.error.kind === 'server' ? { kind: 'broken', trouble } : trouble;
  }
  const least = Number(answer.headers.get('oci-chunk-min-length') ?? 0);
  const pieceBytes = Number.isSafeInteger(least) ? Math.max(options.pieceBytes, least) : options.pieceBytes;
  return nextSession(repository, answer, undefined, pieceBytes);
}

/** Sends one piece, or what is still missing of it, until the registry has all of it. */
async function sendPiece(
  repository: Repository,
  session: Session,
  piece: { readonly offset: number; readonly bytes: Buffer<ArrayBuffer> },
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Session | Broken | Failed> {
  const end = piece.offset + piece.bytes.length;
  let { location } = session;
  let from = piece.offset;
  let trouble: Failed | undefined;
  for (let attempt = 1; attempt <= options.again.attempts; attempt += 1) {
    const answer = await options.exchange(
      {
        ...uploadRequest(repository),
        method: 'PATCH',
        path: location,
        headers: { 'content-type': 'application/octet-stream', 'content-range': `${from}-${end - 1}` },
        body: piece.bytes.subarray(from - piece.offset),
      },
      signal,
    );
    if (answer.kind === 'answer' && (answer.status === 202 || answer.status === 201))
      return nextSession(repository, answer, location, session.pieceBytes);
    trouble = answer.kind === 'failed' ? answer : refused(repository, answer, options);
    // It may still have known the upload when asked how far it was: docker-registry forgets it only when the
    // request that broke has come to its end there.
    if (isUnknownUpload(trouble)) return { kind: 'broken', trouble };
    if (!mayGoOn(trouble)) return trouble;
    await options.again.pause(attempt, signal);
    const status = await uploadStatus(repository, location, options, signal);
    if (status.kind === 'failed') return status;
    if (status.kind === 'unknown' || status.received < piece.offset || status.received > end)
      return { kind: 'broken', trouble };
    location = status.location;
    from = status.received;
    if (from === end) return { ...session, location };
  }
  return trouble ?? invalidAnswer(repository.registry, 'no piece of the upload arrived');
}

/** The registry's own word that it knows nothing of an upload, or no more. */
function isUnknownUpload({ error }: Failed): boolean {
  return error.kind === 'rejected' && error.status === 404;
}

/** Broken connections, a registry's own trouble, and 416: "that is not where I am". */
function mayGoOn({ error }: Failed): boolean {
  return (
    error.kind === 'unreachable' ||
    error.kind === 'server' ||
    (error.kind === 'rejected' && error.status === 416)
  );
}

/** The registry has other bytes than were meant: those of a request that broke got between them. */
function isOtherContent({ error }: Failed): boolean {
  return error.kind === 'rejected' && (error.code === 'DIGEST_INVALID' || error.code === 'SIZE_INVALID');
}

/** How many bytes the registry has, and where to go on. */
async function uploadStatus(
  repository: Repository,
  location: string,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<
  | { readonly kind: 'status'; readonly received: number; readonly location: string }
  | { readonly kind: 'unknown' }
  | Failed
> {
  const answer = await options.exchange(
    { ...uploadRequest(repository), method: 'GET', path: location },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404 && !answer.fromElsewhere) return { kind: 'unknown' };
  if (answer.status !== 204 && answer.status !== 202) return refused(repository, answer, options);
  const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.headers.get('range') ?? '')?.[1];
  // Of an upload that has nothing yet, registries say `0-0`, as of one that has one byte.
  const received = last === undefined || last === '0' ? 0 : Number(last) + 1;
  return { kind: 'status', received, location: answer.headers.get('location') ?? location };
}

function nextSession(
  repository: Repository,
  answer: Answer,
  before: string | undefined,
  pieceBytes: number,
): Session | Failed {
  const location = answer.headers.get('location') ?? before;
  if (location === undefined)
    return invalidAnswer(repository.registry, `it names no place to upload to, for ${repository.repository}`);
  return { kind: 'session', location, pieceBytes };
}

/** What every request of an upload has in common: the rights that it needs, and how long its answer may be. */
export function uploadRequest(
  repository: Repository,
): Pick<RegistryRequest, 'registry' | 'repository' | 'actions' | 'maxBytes'> {
  return {
    registry: repository.registry,
    repository: repository.repository,
    actions: 'pull,push',
    maxBytes: MAX_ANSWER_BYTES,
  };
}

function refused(repository: Repository, answer: Answer, options: UploadOptions): Failed {
  return errorOfAnswer(repository.registry, `uploading to ${repository.repository}`, answer, options.now());
}
