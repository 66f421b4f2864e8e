/** Envelopes: what counts as signed, and by whom. Keys are made here, signatures by Node itself. */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { envelopeOf, inTotoType, openEnvelope, signedBytes } from '../../../src/attest/dsse.ts';

const payload = Buffer.from('{"said":"ü"}');

const pairs = {
  ecdsa: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: generateKeyPairSync('ed25519'),
};

function signed(key: KeyObject, type = inTotoType): Buffer {
  const algorithm = key.asymmetricKeyType === 'ed25519' ? undefined : 'sha256';
  return envelopeOf(payload, sign(algorithm, signedBytes(type, payload), key).toString('base64'));
}

describe('an envelope', () => {
  test('is signed over the type and the payload with their lengths in bytes', () => {
    expect(signedBytes('a/b', Buffer.from('ü')).toString()).toBe('DSSEv1 3 a/b 2 ü');
  });

  test.each(Object.entries(pairs))('signed with %s opens with that key alone', (name, pair) => {
    const keys = Object.entries(pairs).map(([each, { publicKey }]) => ({
      kind: 'key' as const,
      name: each,
      key: publicKey,
    }));
    const opened = openEnvelope(signed(pair.privateKey), keys);
    expect([opened?.signer.name, opened?.payload.toString()]).toEqual([name, payload.toString()]);
    const others = keys.filter((key) => key.name !== name);
    expect(openEnvelope(signed(pair.privateKey), others)).toBeUndefined();
  });

  test('proves nothing once the payload, the signature or the type is another', () => {
    const keys = [{ kind: 'key' as const, name: 'ours', key: pairs.ecdsa.publicKey }];
    const good = JSON.parse(signed(pairs.ecdsa.privateKey).toString()) as Record<string, unknown>;
    const altered = [
      { ...good, payload: Buffer.from('{"said":"u"}').toString('base64') },
      { ...good, signatures: [{ sig: 'AAAA' }] },
      { ...good, signatures: [] },
      { ...good, payloadType: 'text/plain' },
      'no envelope',
    ];
    for (const each of altered) expect(openEnvelope(Buffer.from(JSON.stringify(each)), keys)).toBeUndefined();
    expect(openEnvelope(signed(pairs.ecdsa.privateKey, 'text/plain'), keys)).toBeUndefined();
    expect(openEnvelope(Buffer.from('{'), keys)).toBeUndefined();
  });

  test('opens by any of its signatures', () => {
    const good = JSON.parse(signed(pairs.ecdsa.privateKey).toString()) as { signatures: object[] };
    const both = { ...good, signatures: [{ sig: 'AAAA' }, ...good.signatures] };
    const keys = [{ kind: 'key' as const, name: 'ours', key: pairs.ecdsa.publicKey }];
    expect(openEnvelope(Buffer.from(JSON.stringify(both)), keys)?.signer.name).toBe('ours');
  });
});
