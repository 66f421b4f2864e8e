/** A signer whose key is Node's own, where cosign is not what a test is about. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { inTotoType, publicKeyHint, signedBytes, type PublicKey } from '../../src/attest/dsse.ts';
import type { Signer } from '../../src/attest/signer.ts';

export interface KeySigner extends Signer {
  readonly self: PublicKey;
  signNow(bytes: Uint8Array): string;
}

/** One with a key of its own. */
export function signerOf(name: string): KeySigner {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signNow = (bytes: Uint8Array): string => sign('sha256', bytes, privateKey).toString('base64');
  const by = { kind: 'key', hint: publicKeyHint(publicKey) } as const;
  return {
    self: { kind: 'key', name, key: publicKey },
    signNow,
    sign: async (items) => ({
      ok: true,
      value: items.map(({ kind, bytes }) => ({
        value: signNow(kind === 'bytes' ? bytes : signedBytes(inTotoType, bytes)),
        by,
      })),
    }),
  };
}
