import { expect, test } from 'vitest';
import type { Send } from '../../../registry/transport.ts';

import { askEntry } from '../../../src/attest/sigstore-services.ts';

const { signal } = new AbortController();

/** A log that answers with one entry of this body. */
function logWith(body: string): Send {
  const proof = { checkpoint: 'log\n', hashes: [], logIndex: 7, rootHash: 'ab', treeSize: 8 };
  const verification = { signedEntryTimestamp: 'c2V0', inclusionProof: proof };
  const entry = { body, integratedTime: 1, logID: 'ab', logIndex: 7, verification };
  const text = Buffer.from(JSON.stringify({ uuid: entry }));
  return () =>
    Promise.resolve({
      kind: 'answer',
      status: 201,
      headers: new Headers(),
      body: text,
      fromElsewhere: false,
    });
}

const base64 = (value: string): string => Buffer.from(value).toString('base64');
const asked = { kind: 'signature', sha256: 'ab', signature: 'cd' } as const;

test.each(['', 'no base64 at all', base64('{'), base64('{"kind":7}'), base64('[]'), base64('null')])(
  'an entry of the log whose content is %j cannot go into a bundle, and is told as the log’s',
  async (body) => {
    const answered = await askEntry(logWith(body), 'https://rekor.example', asked, 'PEM', signal);
    expect(answered).toMatchObject({
      ok: false,
      error: { message: 'Rekor at rekor.example answers with no entry that can be read' },
    });
  },
);

test('one that says what it is goes into the bundle as that', async () => {
  const body = base64('{"kind":"hashedrekord","apiVersion":"0.0.1","spec":{}}');
  const answered = await askEntry(logWith(body), 'https://rekor.example', asked, 'PEM', signal);
  expect(answered).toMatchObject({ ok: true, value: { body } });
});
