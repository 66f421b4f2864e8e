/**
 * Large blobs on their way into a registry: mounted from a repository of the same registry where that is possible,
 * else sent in pieces, of which a broken connection costs one (OCI distribution specification, end-4b, 5, 6, 11, 13).
 * Where the pieces come from is the caller's; small blobs are blobs.ts.
 */
import { headBlob } from './blobs.ts';
import type { Digest } from './digest.ts';
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import type { Stored } from './manifests.ts';
import type { Exchange, RegistryRequest } from './session.ts';
import type { Repository } from './tags.ts';
import type { Answer } from './transport.ts';

const MAX_ANSWER_BYTES = 64 * 1024;
// Small enough for a slow line to carry it within the time limit of a request.
const PIECE_BYTES = 8 * 1024 * 1024;
/** How often one piece is sent before the upload is given up; what the registry has of it is not sent again. */
const TRIES = 4;

interface UploadOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
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
interface Session {
  readonly kind: 'session';
  readonly location: string;
  readonly pieceBytes: number;
}

/** The registry knows the upload no more; `trouble` is what broke it. */
interface Forgotten {
  readonly kind: 'forgotten';
  readonly trouble: Failed;
}

/**
 * Makes a blob of `from` known in `repository` without sending it.
 * `declined` when the registry would rather have it uploaded; what it began for that is cancelled.
 */
export async function mountBlob(
  repository: Repository,
  digest: Digest,
  from: string,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Stored | { readonly kind: 'declined' } | Failed> {
  const query = new URLSearchParams({ mount: digest, from });
  const request = { ...uploadRequest(repository), source: from };
  const path = `/v2/${repository.repository}/blobs/uploads/?${query}`;
  const answer = await options.exchange({ ...request, method: 'POST', path }, signal);
  if (answer.kind === 'failed') return answer;
  if (answer.status === 201) return { kind: 'stored', digest };
  const location = answer.headers.get('location');
  if (answer.status === 202 && location !== null)
    await options.exchange({ ...request, method: 'DELETE', path: location }, signal);
  // Whatever speaks against a mount, an upload is the way that every registry has to offer.
  return { kind: 'declined' };
}

/**
 * Sends a blob in pieces. Ends with `stored` only after the registry has checked the whole against its digest.
 * After a broken connection the registry is asked how far it got, and only what is missing is sent again; where it
 * has forgotten the upload (docker-registry does, once a piece has broken), the blob is begun anew.
 */
export async function uploadInPieces(
  repository: Repository,
  source: BlobSource,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Stored | Failed> {
  for (let begun = 1; ; begun += 1) {
    const outcome = await uploadOnce(repository, source, options, signal);
    if (outcome.kind !== 'forgotten') return outcome;
    if (begun >= TRIES) return outcome.trouble;
  }
}

async function uploadOnce(
  repository: Repository,
  source: BlobSource,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Stored | Forgotten | Failed> {
  let session: Session | Forgotten | Failed = await beginUpload(repository, options, signal);
  for (let offset = 0; session.kind === 'session' && offset < source.size;) {
    const length = Math.min(session.pieceBytes, source.size - offset);
    const piece = await source.read(offset, length, signal);
    if (piece.kind === 'failed') return piece;
    session = await sendPiece(repository, session, { offset, bytes: piece.bytes }, options, signal);
    offset += length;
  }
  if (session.kind !== 'session') return session;
  const { location } = session;
  const path = `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(source.digest)}`;
  const answer = await options.exchange({ ...uploadRequest(repository), method: 'PUT', path }, signal);
  if (answer.kind === 'failed') return answer;
  if (answer.status === 201) return { kind: 'stored', digest: source.digest };
  const trouble = refused(repository, answer, options);
  if (!isUnknownUpload(trouble)) return trouble;
  // Either it was lost, or it was finished by a first request whose answer was lost.
  const there = await headBlob(repository, source.digest, options, signal);
  if (there.kind === 'failed') return there;
  if (there.kind === 'found') return { kind: 'stored', digest: source.digest };
  return { kind: 'forgotten', trouble };
}

async function beginUpload(
  repository: Repository,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Session | Failed> {
  const path = `/v2/${repository.repository}/blobs/uploads/`;
  const answer = await options.exchange({ ...uploadRequest(repository), method: 'POST', path }, signal);
  if (answer.kind === 'failed') return answer;
  if (answer.status !== 202) return refused(repository, answer, options);
  const least = Number(answer.headers.get('oci-chunk-min-length') ?? 0);
  const pieceBytes = Number.isSafeInteger(least) ? Math.max(PIECE_BYTES, least) : PIECE_BYTES;
  return nextSession(repository, answer, undefined, pieceBytes);
}

/** Sends one piece, or what is still missing of it, until the registry has all of it. */
async function sendPiece(
  repository: Repository,
  session: Session,
  piece: { readonly offset: number; readonly bytes: Buffer<ArrayBuffer> },
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Session | Forgotten | Failed> {
  const end = piece.offset + piece.bytes.length;
  let { location } = session;
  let from = piece.offset;
  let trouble: Failed | undefined;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
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
    if (isUnknownUpload(trouble)) return { kind: 'forgotten', trouble };
    if (!mayGoOn(trouble)) return trouble;
    const status = await uploadStatus(repository, location, options, signal);
    if (status.kind === 'forgotten') return { kind: 'forgotten', trouble };
    if (status.kind === 'failed') return status;
    if (status.received < piece.offset || status.received > end)
      return invalidAnswer(
        repository.registry,
        `it lost a part of what was uploaded to ${repository.repository}`,
      );
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

/** How many bytes the registry has, and where to go on; `forgotten` where it knows nothing of the upload. */
async function uploadStatus(
  repository: Repository,
  location: string,
  options: UploadOptions,
  signal: AbortSignal,
): Promise<
  | { readonly kind: 'status'; readonly received: number; readonly location: string }
  | { readonly kind: 'forgotten' }
  | Failed
> {
  const answer = await options.exchange(
    { ...uploadRequest(repository), method: 'GET', path: location },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404 && !answer.fromElsewhere) return { kind: 'forgotten' };
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

function uploadRequest(
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
