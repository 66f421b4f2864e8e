/** Copies between repositories of real registries, and what they do when connections break. */
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { BlobCopied } from '../../registry/copy.ts';
import { withDigest } from '../../registry/reference.ts';
import { againAfter, defaultRetryPolicy, withRetries } from '../../registry/retry.ts';
import { Sessions } from '../../registry/session.ts';
import { createTransport } from '../../registry/transport.ts';
import { sendBlob, type BlobSource } from '../../registry/upload.ts';
import { digestOf } from '../../registry/digest.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { startRig, type FaultRig } from '../rig/fault-client.ts';
import { answerWith, OCI_MANIFEST, startFaultRegistry, type Fault } from '../rig/fault-registry.ts';
import { LOGIN, startRegistry } from '../rig/registry.ts';
import { putImage, putIndex, quickClient, referenceTo } from '../rig/registry-image.ts';

const signal = new AbortController().signal;
const MIB = 1024 * 1024;

function collector(): { blobs: BlobCopied[]; onBlob: (blob: BlobCopied) => void } {
  const blobs: BlobCopied[] = [];
  return { blobs, onBlob: (blob) => void blobs.push(blob) };
}

const CONTENT = Buffer.from('0123456789');
const UPLOAD = { location: '/v2/base/blobs/uploads/1' };

/** Notes so many bytes of what it is sent, and answers with a status. */
function take(received: string[], status: number, bytes: number): Fault {
  return (request, response) => {
    void text(request).then((body) => {
      received.push(body.slice(0, bytes));
      response.writeHead(status, UPLOAD).end();
    });
  };
}

/** Uploads the content in pieces to a registry whose answers the test has planned. */
function upload(rig: FaultRig): ReturnType<typeof sendBlob> {
  const policy = { ...defaultRetryPolicy, sleep: async () => undefined };
  const { exchange } = new Sessions({
    send: withRetries(createTransport({ userAgent: 'client under test', timeoutMs: 5000 }), policy),
    credentials: async () => undefined,
    insecure: [],
    now: Date.now,
  });
  const source: BlobSource = {
    digest: digestOf(CONTENT),
    size: CONTENT.length,
    read: async (offset, length) => ({ kind: 'piece', bytes: CONTENT.subarray(offset, offset + length) }),
  };
  return sendBlob(
    rig.target,
    source,
    { exchange, now: Date.now, again: againAfter(policy), pieceBytes: 6 },
    signal,
  );
}

const ways = (blobs: readonly BlobCopied[]): readonly string[] => blobs.map(({ how }) => how);

describe('a copy from one registry to another', () => {
  test('brings all platforms over under the same digests, and sends nothing the second time', async () => {
    await using from = await startRegistry();
    await using to = await startRegistry('token');
    const client = quickClient(LOGIN);
    const source = referenceTo(`${from.host}/upstream/pause:3`);
    const target = referenceTo(`${to.host}/family/pause:3`);
    const digest = await putIndex(client, source, [1000, 2000]);

    const first = collector();
    expect(await client.copyImage(source, target, first.onBlob, signal)).toEqual({
      kind: 'copied',
      digest,
      changed: true,
    });
    expect(ways(first.blobs)).toEqual(Array(6).fill('sent'));
    const original = await client.getManifest(source, signal);
    expect(await client.getManifest(target, signal)).toEqual(original);

    const second = collector();
    expect(await client.copyImage(source, target, second.onBlob, signal)).toEqual({
      kind: 'copied',
      digest,
      changed: false,
    });
    expect(second.blobs).toEqual([]);
  });

  test('within one registry, blobs are mounted and not sent', async () => {
    await using rig = await startRegistry('token');
    await using proxy = await startCuttingProxy(rig.host);
    const client = quickClient(LOGIN);
    const source = referenceTo(`${proxy.host}/upstream/base:1`);
    const digest = await putImage(client, source, [5000]);
    const patches = proxy.count(/^PATCH|^PUT .*blobs/);
    const { blobs, onBlob } = collector();
    const target = referenceTo(`${proxy.host}/family/base:1`);
    expect(await client.copyImage(source, target, onBlob, signal)).toMatchObject({ kind: 'copied', digest });
    expect(ways(blobs)).toEqual(['mounted', 'mounted']);
    expect(proxy.count(/^PATCH|^PUT .*blobs/)).toBe(patches);
  });

  test('an image that is not there is absent', async () => {
    await using rig = await startRegistry();
    const outcome = await quickClient().copyImage(
      referenceTo(`${rig.host}/a:1`),
      referenceTo(`${rig.host}/b:1`),
      () => undefined,
      signal,
    );
    expect(outcome).toEqual({ kind: 'absent' });
  });
});

describe('a large layer', () => {
  test('crosses in pieces, and is begun again when a connection breaks and the registry forgets the upload', async () => {
    await using from = await startRegistry();
    await using to = await startRegistry();
    await using proxy = await startCuttingProxy(to.host);
    const client = quickClient();
    const source = referenceTo(`${from.host}/base:1`);
    const digest = await putImage(client, source, [40 * MIB]);
    proxy.cut(/^PATCH/, 1, 5 * MIB);
    proxy.cut(/^PATCH/, 1, 3 * MIB);
    const { blobs, onBlob } = collector();
    const target = referenceTo(`${proxy.host}/copy:1`);
    expect(await client.copyImage(source, target, onBlob, signal)).toMatchObject({ kind: 'copied', digest });
    expect(ways(blobs)).toEqual(['sent', 'sent']);
    // The layer's five pieces, and at least the two that broke.
    expect(proxy.count(/^PATCH/)).toBeGreaterThanOrEqual(5 + 2);
    const before = proxy.count(/^(POST|PATCH|PUT)/);
    expect(await client.copyImage(source, target, onBlob, signal)).toMatchObject({ changed: false });
    expect(proxy.count(/^(POST|PATCH|PUT)/)).toBe(before);
  });

  test('goes on where the registry says that it is', async () => {
    await using rig = await startRig();
    const received: string[] = [];
    rig.registry.fail(/^POST/, answerWith(202, UPLOAD));
    rig.registry.fail(/^PATCH/, take(received, 503, 4));
    rig.registry.fail(/^GET .*uploads/, answerWith(204, { ...UPLOAD, range: '0-3' }));
    rig.registry.fail(/^PATCH/, take(received, 202, 100), 2);
    rig.registry.fail(/^PUT/, answerWith(201));
    expect(await upload(rig)).toEqual({ kind: 'stored', digest: digestOf(CONTENT) });
    expect(received).toEqual(['0123', '45', '6789']);
    expect(rig.registry.count(/^POST/)).toBe(1);
  });

  test('is begun again where the registry forgets the upload only after it was asked for it', async () => {
    await using rig = await startRig();
    const received: string[] = [];
    rig.registry.fail(/^POST/, answerWith(202, UPLOAD), 2);
    rig.registry.fail(/^PATCH/, take(received, 503, 4));
    rig.registry.fail(/^GET .*uploads/, answerWith(204, { ...UPLOAD, range: '0-0' }));
    rig.registry.fail(/^PATCH/, answerWith(404));
    rig.registry.fail(/^PATCH/, take(received, 202, 100), 2);
    rig.registry.fail(/^PUT/, answerWith(201));
    expect(await upload(rig)).toEqual({ kind: 'stored', digest: digestOf(CONTENT) });
    expect(received).toEqual(['0123', '012345', '6789']);
    expect(rig.registry.count(/^POST/)).toBe(2);
  });

  test('is stored when the registry took its end and only the answer was lost', async () => {
    await using rig = await startRig();
    rig.registry.fail(/^POST/, answerWith(202, UPLOAD));
    rig.registry.fail(/^PATCH/, take([], 202, 100), 2);
    rig.registry.fail(/^PUT/, (request) => void request.socket.destroy());
    rig.registry.fail(/^PUT/, answerWith(404));
    rig.registry.fail(/^HEAD .*blobs/, answerWith(200));
    expect(await upload(rig)).toEqual({ kind: 'stored', digest: digestOf(CONTENT) });
    expect(rig.registry.count(/^POST/)).toBe(1);
  });

  test('that the registry always forgets is given up', async () => {
    await using rig = await startRig();
    rig.registry.fail(/^POST/, answerWith(202, UPLOAD), 100);
    rig.registry.fail(/^PATCH/, answerWith(404), 100);
    expect(await upload(rig)).toMatchObject({ kind: 'failed', error: { kind: 'rejected', status: 404 } });
    expect(rig.registry.count(/^POST/)).toBe(4);
  });

  test('is not believed when what was read is not what its digest says', async () => {
    await using from = await startFaultRegistry();
    await using to = await startRegistry();
    const client = quickClient();
    const blob = { mediaType: 'application/octet-stream', digest: digestOf('what was pushed'), size: 15 };
    const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: blob, layers: [] };
    from.manifests.set('base:1', Buffer.from(JSON.stringify(manifest)));
    from.fail(/^GET .*blobs/, (_request, response) => void response.writeHead(206).end('what is altered'), 9);
    const target = referenceTo(`${to.host}/copy:1`);
    const source = referenceTo(`${from.host}/base:1`);
    const outcome = await client.copyImage(source, target, () => undefined, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    expect(await client.headManifest(target, signal)).toEqual({ kind: 'absent' });
  });

  test('a token that ends in mid-upload is renewed', async () => {
    await using from = await startRegistry();
    await using to = await startRegistry('token');
    await using proxy = await startCuttingProxy(to.host);
    const client = quickClient(LOGIN);
    const source = referenceTo(`${from.host}/base:1`);
    const digest = await putImage(client, source, [20 * MIB]);
    const target = referenceTo(`${proxy.host}/copy:1`);
    // A registry allows a minute for clocks that differ: too long to wait for.
    proxy.refuse(/^PATCH/, 1, 401, 'UNAUTHORIZED');
    const outcome = await client.copyImage(source, target, () => undefined, signal);
    expect(outcome).toMatchObject({ kind: 'copied', digest });
    const asked = to.tokenServer?.seen.filter(({ scopes }) => scopes.includes('repository:copy:pull,push'));
    expect(asked).toHaveLength(2);
  });
});

test('a manifest is deleted by its digest, and its tags with it', async () => {
  await using rig = await startRegistry();
  const client = quickClient();
  const target = referenceTo(`${rig.host}/base:1`);
  const digest = await putImage(client, target, [10]);
  expect(await client.deleteManifest(withDigest(target, digest), signal)).toEqual({ kind: 'deleted' });
  expect(await client.headManifest(target, signal)).toEqual({ kind: 'absent' });
  expect(await client.deleteManifest(withDigest(target, digest), signal)).toEqual({ kind: 'absent' });
});
