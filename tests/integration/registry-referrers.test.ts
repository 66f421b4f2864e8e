/** Artifacts attached to images, in a registry without the referrers API (docker-registry 2.8) and in one that has it. */
import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../registry/digest.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { withDigest, type Reference } from '../../registry/reference.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { startRig } from '../rig/fault-client.ts';
import type { Fault } from '../rig/fault-registry.ts';
import { startRegistry } from '../rig/registry.ts';
import { putImage, quickClient, referenceTo } from '../rig/registry-image.ts';

const signal = new AbortController().signal;
const BILL = 'application/vnd.cyclonedx+json';

async function artifact(
  client: RegistryClient,
  subject: Reference,
  artifactType: string,
  text: string,
): Promise<Buffer> {
  const empty = Buffer.from('{}');
  const body = Buffer.from(text);
  for (const blob of [empty, body]) await client.uploadBlob(subject, blob, signal);
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      artifactType,
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(empty), size: empty.length },
      layers: [{ mediaType: artifactType, digest: digestOf(body), size: body.length }],
      subject: { mediaType: MEDIA_TYPES.ociManifest, digest: subject.digest, size: 1 },
      annotations: { about: text },
    }),
  );
}

test('what was attached is found again, by kind and once, where the registry keeps no referrers', async () => {
  await using rig = await startRegistry();
  const client = quickClient();
  const image = referenceTo(`${rig.host}/base:1`);
  const subject = withDigest(image, await putImage(client, image, [10]));
  expect(await client.listReferrers(subject, undefined, signal)).toEqual({ kind: 'found', referrers: [] });

  const bill = await artifact(client, subject, BILL, 'a bill');
  const other = await artifact(client, subject, 'application/vnd.in-toto+json', 'a statement');
  const digests: Digest[] = [];
  for (const bytes of [bill, other, bill]) {
    const attached = await client.attachReferrer(subject, bytes, signal);
    if (attached.kind === 'failed') throw new Error(attached.error.message);
    digests.push(attached.digest);
  }
  const all = await client.listReferrers(subject, undefined, signal);
  expect(all.kind === 'found' && all.referrers.map(({ digest }) => digest)).toEqual(
    [...new Set(digests)].toSorted(),
  );
  expect(await client.listReferrers(subject, BILL, signal)).toEqual({
    kind: 'found',
    referrers: [
      {
        digest: digestOf(bill),
        mediaType: MEDIA_TYPES.ociManifest,
        size: bill.length,
        artifactType: BILL,
        annotations: { about: 'a bill' },
      },
    ],
  });
  expect((await client.getManifest(withDigest(image, digestOf(bill)), signal)).kind).toBe('found');
});

test('a registry that answers for referrers is believed, and its tag is left alone', async () => {
  await using rig = await startRig();
  const subject = withDigest(rig.target, digestOf('a subject'));
  const entry = { mediaType: MEDIA_TYPES.ociManifest, digest: digestOf('x'), size: 1, artifactType: BILL };
  rig.registry.fail(
    /referrers/,
    (_request, response) => {
      response.end(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [entry] }));
    },
    100,
  );
  expect(await rig.client.listReferrers(subject, BILL, signal)).toMatchObject({
    kind: 'found',
    referrers: [{ digest: entry.digest }],
  });
  expect(await rig.client.listReferrers(subject, 'another/kind', signal)).toEqual({
    kind: 'found',
    referrers: [],
  });
  const bytes = await artifact(rig.client, subject, BILL, 'more');
  rig.registry.fail(/^PUT/, (request, response) => {
    request.resume();
    response.writeHead(201).end();
  });
  expect((await rig.client.attachReferrer(subject, bytes, signal)).kind).toBe('stored');
  expect(rig.registry.count(/^PUT .*manifests\/sha256-/)).toBe(0);
});

test('what is not "unsupported" is told, not taken for an empty list', async () => {
  await using rig = await startRig();
  rig.registry.fail(/referrers/, (_request, response) => void response.writeHead(503).end(), 100);
  const subject = withDigest(rig.target, digestOf('a subject'));
  expect(await rig.client.listReferrers(subject, undefined, signal)).toMatchObject({
    kind: 'failed',
    error: { kind: 'server', status: 503 },
  });
});

test('a long list of referrers is read page by page, and one that goes round in a circle is told', async () => {
  await using rig = await startRig();
  const subject = withDigest(rig.target, digestOf('a subject'));
  const page =
    (names: readonly string[], link?: string): Fault =>
    (_request, response) => {
      const manifests = names.map((name) => ({
        mediaType: MEDIA_TYPES.ociManifest,
        digest: digestOf(name),
        size: 1,
        artifactType: BILL,
      }));
      response.writeHead(200, link === undefined ? {} : { link });
      response.end(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests }));
    };
  rig.registry.fail(/referrers\/[^?]*$/, page(['a'], `<?next=2>; rel="next"`));
  rig.registry.fail(/referrers\/.*next=2/, page(['b', 'c']));
  const all = await rig.client.listReferrers(subject, BILL, signal);
  expect(all.kind === 'found' && all.referrers.map(({ digest }) => digest)).toEqual(
    ['a', 'b', 'c'].map((name) => digestOf(name)).toSorted(),
  );
  rig.registry.fail(/referrers/, page(['a'], `<?again>; rel="next"`), 100);
  expect(await rig.client.listReferrers(subject, BILL, signal)).toMatchObject({
    kind: 'failed',
    error: { kind: 'invalid-answer', message: expect.stringContaining('in a circle') },
  });
});

test('artifacts attached at the same time are all found, and so is one that another machine overwrote', async () => {
  await using rig = await startRegistry();
  await using proxy = await startCuttingProxy(rig.host);
  const client = quickClient();
  const image = referenceTo(`${proxy.host}/base:1`);
  const subject = withDigest(image, await putImage(client, image, [10]));
  const bodies = await Promise.all(
    ['one', 'two', 'three', 'four', 'five'].map((text) => artifact(client, subject, BILL, text)),
  );
  const [fifth = Buffer.alloc(0)] = bodies.splice(4);
  await Promise.all(bodies.map((bytes) => client.attachReferrer(subject, bytes, signal)));
  // Another machine that had read the tag earlier writes it after us, and before we look once more.
  const byTag = referenceTo(`${rig.host}/base:${subject.digest?.replace(':', '-')}`);
  const before = await client.getManifest(byTag, signal);
  if (before.kind !== 'found') throw new Error('the tag is not there');
  proxy.before(/^GET .*manifests\/sha256-/, async () => undefined);
  proxy.before(/^GET .*manifests\/sha256-/, async () => {
    await client.putManifest(byTag, before.bytes, before.mediaType, signal);
  });
  expect((await client.attachReferrer(subject, fifth, signal)).kind).toBe('stored');
  const all = await client.listReferrers(subject, BILL, signal);
  expect(all.kind === 'found' && all.referrers.map(({ digest }) => digest)).toEqual(
    [...bodies, fifth].map((bytes) => digestOf(bytes)).toSorted(),
  );
});

test('an artifact is attached where one that the list still names was deleted', async () => {
  await using rig = await startRegistry();
  const client = quickClient();
  const image = referenceTo(`${rig.host}/base:1`);
  const subject = withDigest(image, await putImage(client, image, [10]));
  const digests: Digest[] = [];
  for (const text of ['gone', 'stays']) {
    const attached = await client.attachReferrer(
      subject,
      await artifact(client, subject, BILL, text),
      signal,
    );
    if (attached.kind === 'failed') throw new Error(attached.error.message);
    digests.push(attached.digest);
  }
  const [gone = digestOf(''), stays] = digests;
  expect(await client.deleteManifest(withDigest(subject, gone), signal)).toMatchObject({ kind: 'deleted' });
  const added = await client.attachReferrer(subject, await artifact(client, subject, BILL, 'new'), signal);
  if (added.kind === 'failed') throw new Error(added.error.message);
  const all = await client.listReferrers(subject, BILL, signal);
  expect(all.kind === 'found' && all.referrers.map(({ digest }) => digest)).toEqual(
    [stays, added.digest].toSorted(),
  );
});
