/**
 * Blobs: is it there, its bytes or a part of them (OCI distribution specification, end-2). Their way into a
 * registry is upload.ts.
 */
import { matchesDigest, type Digest } from './digest.ts';
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import type { Absent } from './manifests.ts';
import type { Exchange } from './session.ts';
import type { Repository } from './tags.ts';

const MAX_ANSWER_BYTES = 64 * 1024;

/** A blob's bytes, verified against the digest that was asked for. */
export interface Blob {
  readonly kind: 'found';
  readonly bytes: Buffer;
}

interface BlobOptions {
  readonly exchange: Exchange;
  readonly now: () => number;
}

/** Whether the repository has the blob. */
export async function headBlob(
  repository: Repository,
  digest: Digest,
  options: BlobOptions,
  signal: AbortSignal,
): Promise<{ readonly kind: 'found' } | Absent | Failed> {
  const { registry } = repository;
  const answer = await options.exchange(
    {
      method: 'HEAD',
      ...repositoryOf(repository),
      actions: 'pull',
      path: `/v2/${repository.repository}/blobs/${digest}`,
      maxBytes: MAX_ANSWER_BYTES,
    },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 200) return { kind: 'found' };
  if (answer.status === 404 && !answer.fromElsewhere) return { kind: 'absent' };
  return errorOfAnswer(registry, `looking for ${digest}`, answer, options.now());
}

/** The blob's bytes; a longer one than `maxBytes` is refused, at the latest when as much of it was read as of any answer. */
export async function getBlob(
  repository: Repository,
  digest: Digest,
  maxBytes: number,
  options: BlobOptions,
  signal: AbortSignal,
): Promise<Blob | Absent | Failed> {
  const { registry, repository: name } = repository;
  const answer = await options.exchange(
    {
      method: 'GET',
      ...repositoryOf(repository),
      actions: 'pull',
      path: `/v2/${name}/blobs/${digest}`,
      maxBytes: Math.max(maxBytes, MAX_ANSWER_BYTES),
    },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404 && !answer.fromElsewhere) return { kind: 'absent' };
  if (answer.status !== 200) return errorOfAnswer(registry, `reading ${digest}`, answer, options.now());
  if (answer.body.length > maxBytes)
    return invalidAnswer(registry, `a blob of ${name} that is longer than ${maxBytes} bytes`);
  if (!matchesDigest(answer.body, digest))
    return invalidAnswer(registry, `a blob of ${name} that is not what its digest says`);
  return { kind: 'found', bytes: answer.body };
}

/**
 * A part of a blob's bytes, as they came: whoever puts the parts together checks the whole against the digest.
 * A registry that does not serve parts (RFC 9110, section 14) gives an invalid answer.
 */
export async function getBlobPart(
  repository: Repository,
  part: { readonly digest: Digest; readonly offset: number; readonly length: number },
  options: BlobOptions,
  signal: AbortSignal,
): Promise<{ readonly kind: 'piece'; readonly bytes: Buffer<ArrayBuffer> } | Absent | Failed> {
  const { registry, repository: name } = repository;
  const { digest, offset, length } = part;
  const answer = await options.exchange(
    {
      method: 'GET',
      ...repositoryOf(repository),
      actions: 'pull',
      path: `/v2/${name}/blobs/${digest}`,
      headers: { range: `bytes=${offset}-${offset + length - 1}` },
      maxBytes: Math.max(length, MAX_ANSWER_BYTES),
    },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.status === 404 && !answer.fromElsewhere) return { kind: 'absent' };
  // A blob asked for as a whole may come as one.
  if (answer.status !== 206 && !(answer.status === 200 && offset === 0))
    return errorOfAnswer(registry, `reading ${digest}`, answer, options.now());
  if (answer.body.length !== length)
    return invalidAnswer(
      registry,
      `${answer.body.length} bytes of a blob of ${name} in the place of ${length}`,
    );
  return { kind: 'piece', bytes: Buffer.from(answer.body) };
}

function repositoryOf(repository: Repository): Repository {
  return { registry: repository.registry, repository: repository.repository };
}
