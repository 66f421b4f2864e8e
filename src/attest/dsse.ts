/**
 * DSSE envelopes (github.com/secure-systems-lab/dsse, version 1): what is signed, and whether one of the given keys
 * signed it. Pure; what the payload says is statement.ts's.
 */
import { createHash, verify, type KeyObject } from 'node:crypto';
import { parseJson } from '../../registry/parse-json.ts';
import { envelopeSchema } from './schema.ts';

/** The type of in-toto statements in an envelope. */
export const inTotoType = 'application/vnd.in-toto+json';

/** A public key and what a person calls it. */
export interface PublicKey {
  readonly kind: 'key';
  /** As matrix.yaml or the command line names it. */
  readonly name: string;
  readonly key: KeyObject;
}

/** The bytes that an envelope's signature is one of: type and payload, each with its length. */
export function signedBytes(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The envelope as cosign writes it: without a key ID. */
export function envelopeOf(payload: Uint8Array, signature: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      payloadType: inTotoType,
      payload: Buffer.from(payload).toString('base64'),
      signatures: [{ keyid: '', sig: signature }],
    }),
  );
}

/** The payload of an in-toto envelope and the key that signed it; undefined where none of these keys did. */
export function openEnvelope(
  envelope: Uint8Array,
  keys: readonly PublicKey[],
): { readonly payload: Buffer; readonly signer: PublicKey } | undefined {
  const parsed = parseJson(envelopeSchema, envelope);
  if (parsed === undefined || parsed.payloadType !== inTotoType) return undefined;
  const payload = Buffer.from(parsed.payload, 'base64');
  const bytes = signedBytes(parsed.payloadType, payload);
  for (const { sig } of parsed.signatures) {
    const signer = keys.find(({ key }) => isSignature(key, bytes, Buffer.from(sig, 'base64')));
    if (signer !== undefined) return { payload, signer };
  }
  return undefined;
}

/** Whether it is this key's signature over the bytes: ECDSA and RSA with SHA-256 as cosign makes them, or Ed25519. */
export function isSignature(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  const algorithm = key.asymmetricKeyType === 'ed25519' ? undefined : 'sha256';
  try {
    return verify(algorithm, bytes, key, signature);
  } catch {
    // OpenSSL throws for what is no signature of that kind at all.
    return false;
  }
}

/** By what a bundle lets its reader find the public key: the hash of its SubjectPublicKeyInfo, as cosign writes it. */
export function publicKeyHint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
