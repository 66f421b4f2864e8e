/**
 * Blobs that a registry may have already, here or in another repository: asked for by a mount, which begins an upload
 * where there is nothing to mount (OCI distribution specification, end-11). Sending is upload.ts's.
 */
import { headBlob } from './blobs.ts';
import { digestOf, type Digest } from './digest.ts';
import type { Failed } from './error.ts';
import type { Stored } from './manifests.ts';
import type { Repository } from './tags.ts';
import { beginUpload, sendBlob, uploadRequest, type BlobSource, type UploadOptions } from './upload.ts';

/**
 * Makes a blob of `from` known in `repository` without sending it.
 * `declined` when it has to be uploaded instead; what the registry began for that is cancelled.
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
  // Whatever speaks against a mount, a login for the other repository too, an upload is what every registry offers.
  if (answer.kind === 'failed') return answer.error.kind === 'cancelled' ? answer : { kind: 'declined' };
  if (answer.status === 201) return { kind: 'stored', digest };
  const location = answer.headers.get('location');
  if (answer.status === 202 && location !== null)
    await options.exchange({ ...request, method: 'DELETE', path: location }, signal);
  return { kind: 'declined' };
}

/** Where blobs that were uploaded lie: a repository for each registry and digest. */
export type UploadedBlobs = Map<string, string>;

/**
 * Uploads the bytes unless they are there. One request asks for them and begins the upload where they are not: that the
 * repository mount them, from where this client put the same bytes last, else from itself. A registry that will not have
 * it so is asked plainly.
 */
export async function uploadBlob(
  repository: Repository,
  bytes: Uint8Array,
  options: UploadOptions & { readonly uploaded: UploadedBlobs },
  signal: AbortSignal,
): Promise<Stored | Failed> {
  const digest = digestOf(bytes);
  const id = `${repository.registry} ${digest}`;
  const from = options.uploaded.get(id) ?? repository.repository;
  const stored = await uploadFrom(from, repository, { digest, bytes }, options, signal);
  if (stored.kind === 'stored') options.uploaded.set(id, repository.repository);
  return stored;
}

async function uploadFrom(
  from: string,
  repository: Repository,
  { digest, bytes }: { readonly digest: Digest; readonly bytes: Uint8Array },
  options: UploadOptions,
  signal: AbortSignal,
): Promise<Stored | Failed> {
  const whole = Buffer.from(bytes);
  const read: BlobSource['read'] = async (offset, length) => ({
    kind: 'piece',
    bytes: whole.subarray(offset, offset + length),
  });
  const source = { digest, size: whole.length, read };
  const begun = await beginUpload(repository, { digest, from }, options, signal);
  if (begun.kind === 'stored') return begun;
  if (begun.kind === 'session') return sendBlob(repository, source, options, signal, begun);
  // What speaks against a mount from elsewhere, a login that does not reach there too, speaks against no upload.
  const isOwn = from === repository.repository;
  const mayGoOn = begun.kind === 'broken' || begun.error.kind === 'rejected' || !isOwn;
  if (!mayGoOn || (begun.kind === 'failed' && begun.error.kind === 'cancelled')) return begun;
  const there = await headBlob(repository, digest, options, signal);
  if (there.kind === 'failed') return there;
  if (there.kind === 'found') return { kind: 'stored', digest };
  return sendBlob(repository, source, options, signal);
}
