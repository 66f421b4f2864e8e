/** Trusted keys as files: what is read, and what is told of those that cannot be. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadTrust } from '../../../src/attest/trust.ts';
import type { TrustedKey } from '../../../src/matrix/signers.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

const signal = new AbortController().signal;
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

test('reads public keys, and tells everything that is wrong with the others', async () => {
  await using folder = await temporaryFolder();
  const entry = async (name: string, text?: string): Promise<TrustedKey> => {
    const address = path.join(folder.path, name);
    if (text !== undefined) await writeFile(address, text);
    return { kind: 'key', key: { kind: 'file', address, shown: name }, span: undefined };
  };
  const good = await entry('good.pub', pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());
  const loaded = await loadTrust([good], {}, signal);
  expect(loaded.ok && loaded.value.map(({ name }) => name)).toEqual(['good.pub']);

  const wrong = await loadTrust(
    [
      good,
      await entry('absent.pub'),
      await entry('secret.key', '-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n'),
      await entry('text.pub', 'hello'),
    ],
    {},
    signal,
  );
  expect(wrong.ok ? [] : wrong.error.map(({ code, message }) => [code, message])).toEqual([
    ['missing-key-file', 'the trusted key `absent.pub` cannot be read'],
    ['private-key', '`secret.key` is a private key: what is trusted is its public half'],
    ['invalid-key', '`text.pub` holds no public key'],
  ]);
});
