/**
 * Digests of content: the branded type, its grammar, and how bytes are hashed and checked.
 * Knows nothing of references or of the network.
 */
import { createHash, type Hash } from 'node:crypto';

declare const digestBrand: unique symbol;

/** `sha256:<64 hex digits>` or `sha512:<128 hex digits>`, lower case; minted only in this file. */
export type Digest = string & { readonly [digestBrand]: true };

// Only the two algorithms that the image specification registers: a digest that nobody here can
// verify is worth nothing to us.
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** True for a digest that can be verified here (OCI image specification, descriptor, registered algorithms). */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text);
}

/** The sha256 digest of the bytes, or of the text's UTF-8 bytes. */
export function digestOf(bytes: Uint8Array | string): Digest {
  return mint('sha256', createHash('sha256').update(bytes));
}

/** Whether the bytes have exactly this digest, by the digest's own algorithm. */
export function matchesDigest(bytes: Uint8Array, digest: Digest): boolean {
  const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
  return mint(algorithm, createHash(algorithm).update(bytes)) === digest;
}

function mint(algorithm: 'sha256' | 'sha512', hash: Hash): Digest {
  // The one place where the brand is given: the text was just made in the grammar's form.
  return `${algorithm}:${hash.digest('hex')}` as Digest;
}
