/** The client against Debian's docker-registry in its three ways of logging in. */
import { describe, expect, test } from 'vitest';
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import type { Credentials } from '../../registry/credentials.ts';
import { digestOf } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { withDigest, withTag, type Reference } from '../../registry/reference.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { referenceTo } from '../rig/registry-image.ts';
import { LOGIN, startRegistry, type RegistryMode } from '../rig/registry.ts';
import { REFRESH_TOKEN } from '../rig/token-server.ts';

const signal = new AbortController().signal;

function clientOf(credentials: Credentials | undefined): RegistryClient {
  return createRegistryClient({ credentials: async () => credentials, retry: { attempts: 1 } });
}

/** A smallest image: a config and no layer. Answers the manifest's bytes. */
async function uploadImage(client: RegistryClient, target: Reference): Promise<Buffer> {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', made: Date.now() }));
  const stored = await client.uploadBlob(target, config, signal);
  if (stored.kind === 'failed') throw new Error(stored.error.message);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: stored.digest,
      size: config.length,
    },
    layers: [],
  };
  // Spaces that no encoder of ours would make: bytes have to travel as they are.
  return Buffer.from(`${JSON.stringify(manifest, undefined, 3)}\n`);
}

describe.each<RegistryMode>(['open', 'htpasswd', 'token'])('a registry with login: %s', (mode) => {
  test('takes a manifest byte for byte, shows it under its tag and digest, and lists its tags', async () => {
    await using rig = await startRegistry(mode);
    const client = clientOf(mode === 'open' ? undefined : LOGIN);
    const target = referenceTo(`${rig.host}/family/base:one`);
    expect(await client.headManifest(target, signal)).toEqual({ kind: 'absent' });
    expect(await client.listTags(target, signal)).toEqual({ kind: 'absent' });

    const bytes = await uploadImage(client, target);
    const digest = digestOf(bytes);
    const put = await client.putManifest(target, bytes, MEDIA_TYPES.ociManifest, signal);
    expect(put).toEqual({ kind: 'stored', digest });

    const head = { kind: 'found', digest, mediaType: MEDIA_TYPES.ociManifest, size: bytes.length };
    expect(await client.headManifest(target, signal)).toEqual(head);
    expect(await client.headManifest(withDigest(target, digest), signal)).toEqual(head);
    expect(await client.getManifest(target, signal)).toEqual({ ...head, bytes });
    expect(await client.getManifest(withDigest(target, digest), signal)).toEqual({ ...head, bytes });
    expect(await client.headManifest(withTag(target, 'two'), signal)).toEqual({ kind: 'absent' });

    await client.putManifest(withTag(target, 'Two'), bytes, MEDIA_TYPES.ociManifest, signal);
    await client.putManifest(withTag(target, 'a'), bytes, MEDIA_TYPES.ociManifest, signal);
    expect(await client.listTags(target, signal)).toEqual({ kind: 'found', tags: ['Two', 'a', 'one'] });
  });

  test('a blob is uploaded once and known afterwards', async () => {
    await using rig = await startRegistry(mode);
    const client = clientOf(mode === 'open' ? undefined : LOGIN);
    const target = referenceTo(`${rig.host}/family/base`);
    const bytes = Buffer.from('a blob');
    const digest = digestOf(bytes);
    expect(await client.headBlob(target, digest, signal)).toEqual({ kind: 'absent' });
    expect(await client.uploadBlob(target, bytes, signal)).toEqual({ kind: 'stored', digest });
    expect(await client.headBlob(target, digest, signal)).toEqual({ kind: 'found' });
  });

  test('a blob is sent once for all repositories of a registry, with two requests, then one', async () => {
    await using rig = await startRegistry(mode);
    await using proxy = await startCuttingProxy(rig.host);
    const client = clientOf(mode === 'open' ? undefined : LOGIN);
    const bytes = Buffer.from('a blob');
    const uploads = /^(HEAD|POST|PATCH|PUT) .*\/blobs\//;
    for (const [name, requests] of [
      ['base', 2],
      ['course', 3],
      ['base', 4],
    ] as const) {
      const target = referenceTo(`${proxy.host}/family/${name}`);
      expect(await client.uploadBlob(target, bytes, signal)).toMatchObject({ kind: 'stored' });
      expect(proxy.count(uploads)).toBe(requests);
      expect(await client.getBlob(target, digestOf(bytes), 6, signal)).toMatchObject({ bytes });
    }
    expect(proxy.count(/^PUT .*\/blobs\//)).toBe(1);
  });

  test('a blob comes back as it was; a long one is refused', async () => {
    await using rig = await startRegistry(mode);
    const client = clientOf(mode === 'open' ? undefined : LOGIN);
    const target = referenceTo(`${rig.host}/family/base`);
    const bytes = Buffer.from('a blob');
    const digest = digestOf(bytes);
    expect(await client.getBlob(target, digest, 6, signal)).toEqual({ kind: 'absent' });
    await client.uploadBlob(target, bytes, signal);
    expect(await client.getBlob(target, digest, 6, signal)).toEqual({ kind: 'found', bytes });
    expect(await client.getBlob(target, digest, 5, signal)).toMatchObject({
      kind: 'failed',
      error: { message: `${rig.host}: a blob of family/base that is longer than 5 bytes` },
    });
  });

  test('says which login it wants', async () => {
    await using rig = await startRegistry(mode);
    const login = { open: 'none', htpasswd: 'basic', token: 'bearer' }[mode];
    expect(await clientOf(undefined).ping(rig.host, signal)).toEqual({ kind: 'found', login });
  });
});

describe('what is refused', () => {
  test.each<[RegistryMode, Credentials | undefined]>([
    ['htpasswd', undefined],
    ['htpasswd', { username: LOGIN.username, password: 'wrong' }],
    ['token', undefined],
    ['token', { username: LOGIN.username, password: 'wrong' }],
  ])('%s with %o is unauthorized and never absent', async (mode, credentials) => {
    await using rig = await startRegistry(mode);
    const client = clientOf(credentials);
    const target = referenceTo(`${rig.host}/family/base:one`);
    for (const outcome of [
      await client.headManifest(target, signal),
      await client.getManifest(target, signal),
      await client.listTags(target, signal),
      await client.putManifest(target, Buffer.from('{}'), MEDIA_TYPES.ociManifest, signal),
    ]) {
      expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'unauthorized', status: 401 } });
      expect(JSON.stringify(outcome)).not.toContain('wrong"');
      expect(JSON.stringify(outcome).includes('no login is known')).toBe(credentials === undefined);
    }
  });

  test('a manifest whose blobs are missing is rejected with the code of the registry', async () => {
    await using rig = await startRegistry();
    const client = clientOf(undefined);
    const bytes = await uploadImage(client, referenceTo(`${rig.host}/here`));
    const elsewhere = referenceTo(`${rig.host}/there:one`);
    const outcome = await client.putManifest(elsewhere, bytes, MEDIA_TYPES.ociManifest, signal);
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { kind: 'rejected', status: 400, code: 'MANIFEST_BLOB_UNKNOWN' },
    });
  });

  test('a registry that has gone is unreachable', async () => {
    await using rig = await startRegistry();
    const client = clientOf(undefined);
    const target = referenceTo(`${rig.host}/family/base:one`);
    expect(await client.headManifest(target, signal)).toEqual({ kind: 'absent' });
    await rig.stop();
    expect(await client.headManifest(target, signal)).toMatchObject({
      kind: 'failed',
      error: { kind: 'unreachable', host: rig.host },
    });
  });
});

describe('tokens', () => {
  test('one is fetched for many requests that want the same, also at the same time', async () => {
    await using rig = await startRegistry('token');
    const client = clientOf(LOGIN);
    const target = referenceTo(`${rig.host}/family/base:one`);
    await Promise.all(Array.from({ length: 20 }, () => client.headManifest(target, signal)));
    await client.headManifest(withTag(target, 'two'), signal);
    expect(rig.tokenServer?.seen.map(({ scopes }) => scopes)).toEqual([['repository:family/base:pull']]);
  });

  test('strangers get one without a login where they may', async () => {
    await using rig = await startRegistry('token');
    const client = clientOf(undefined);
    const outcome = await client.headManifest(referenceTo(`${rig.host}/public/base:one`), signal);
    expect(outcome).toEqual({ kind: 'absent' });
    expect(rig.tokenServer?.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  test('an identity token is POSTed in the place of name and password', async () => {
    await using rig = await startRegistry('token');
    const client = clientOf({ username: '', password: '', identityToken: REFRESH_TOKEN });
    const outcome = await client.headManifest(referenceTo(`${rig.host}/family/base:one`), signal);
    expect(outcome).toEqual({ kind: 'absent' });
    expect(rig.tokenServer?.seen).toMatchObject([{ method: 'POST', authorization: undefined }]);
  });

  test('one that is near its end is renewed before it is used', async () => {
    await using rig = await startRegistry('token', { tokenLifetimeSeconds: 100 });
    let now = Date.now();
    const client = createRegistryClient({ credentials: async () => LOGIN, retry: { now: () => now } });
    const target = referenceTo(`${rig.host}/family/base:one`);
    await client.headManifest(target, signal);
    now += 70_000;
    await client.headManifest(target, signal);
    expect(rig.tokenServer?.seen.length).toBe(1);
    now += 10_000;
    await client.headManifest(target, signal);
    expect(rig.tokenServer?.seen.length).toBe(2);
  });
});
