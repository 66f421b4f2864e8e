/** What a real registry's tags say of images: how few requests it takes, and what is not believed. */
import { describe, expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { digestOf } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { keyTag, passTag, scanTag } from '../../src/core/labels.ts';
import type { RegistryTarget } from '../../src/matrix/image-set.ts';
import { publishedReference } from '../../src/matrix/naming.ts';
import { askRemoteRecord, type RecordQuestion, type RemoteRecord } from '../../src/plan/remote-record.ts';
import { startCuttingProxy } from '../rig/cutting-proxy.ts';
import { valueOf } from '../rig/engine.ts';
import { referenceTo } from '../rig/registry-image.ts';
import { startRegistry } from '../rig/registry.ts';

const { signal } = new AbortController();
const registry = createRegistryClient({ credentials: async () => undefined, retry: { attempts: 1 } });
const key = 'a'.repeat(64);
const verdictKey = 'b'.repeat(64);
const scanKey = 'c'.repeat(64);
const question: RecordQuestion = { name: 'base', key, verdictKey };
const heads = /^HEAD \/v2\//;

test('what passed costs one request an image, and what nobody tested two', async () => {
  await using rig = await startRegistry();
  await using proxy = await startCuttingProxy(rig.host);
  const digest = await put(rig.host, 'base', 'one', [keyTag(key), passTag(verdictKey)]);
  const untested = await put(rig.host, 'course', 'two', [keyTag(key)]);
  const ask = async (names: readonly string[]): Promise<RemoteRecord> =>
    valueOf(await recordOf(proxy.host, ...names.map((name) => ({ ...question, name }))));
  const { known } = await ask(['base']);
  expect(known).toEqual(new Map([['base', { digest, passed: true }]]));
  expect(proxy.count(heads)).toBe(1);
  const { known: others } = await ask(['course', 'hub']);
  expect(others).toEqual(new Map([['course', { digest: untested, passed: false }]]));
  expect(proxy.count(heads)).toBe(1 + 2 + 2);
});

describe('a pass of other bytes than those under the key', () => {
  test.each([
    { is: 'is what counts where they are used', more: {}, passed: true },
    {
      is: 'does not count where they are to be published',
      more: { isToPublish: true as const },
      passed: false,
    },
  ])('$is', async ({ more, passed }) => {
    await using rig = await startRegistry();
    const tested = await put(rig.host, 'base', 'one', [passTag(verdictKey)]);
    const later = await put(rig.host, 'base', 'two', [keyTag(key)]);
    const { known } = valueOf(await recordOf(rig.host, { ...question, ...more }));
    expect(known.get('base')).toEqual({ digest: passed ? tested : later, passed });
  });
});

test('a scan counts where it is one of the bytes that passed', async () => {
  await using rig = await startRegistry();
  await put(rig.host, 'base', 'one', [keyTag(key), passTag(verdictKey), scanTag(scanKey)]);
  await put(rig.host, 'course', 'one', [keyTag(key), passTag(verdictKey)]);
  await put(rig.host, 'course', 'two', [scanTag(scanKey)]);
  const questions = ['base', 'course'].map((name) => ({ ...question, name, scanKey }));
  const { known } = valueOf(await recordOf(rig.host, ...questions));
  expect([...known].map(([name, { scanned }]) => [name, scanned])).toEqual([
    ['base', true],
    ['course', false],
  ]);
});

test('a pass whose manifest was deleted is gone with it', async () => {
  await using rig = await startRegistry();
  const digest = await put(rig.host, 'base', 'one', [keyTag(key), passTag(verdictKey)]);
  await registry.deleteManifest(referenceTo(`${rig.host}/courses/base@${digest}`), signal);
  expect(valueOf(await recordOf(rig.host, question)).known.size).toBe(0);
});

test.each([
  { tag: passTag(verdictKey), status: 500 },
  { tag: keyTag(key), status: 500 },
  { tag: passTag(verdictKey), status: 403 },
])('a registry that answers $status for $tag is no answer', async ({ tag, status }) => {
  await using rig = await startRegistry();
  await using proxy = await startCuttingProxy(rig.host);
  await put(rig.host, 'base', 'one', [keyTag(key)]);
  proxy.refuse(new RegExp(`^HEAD .*/manifests/${tag}$`), 1, status, 'UNKNOWN');
  expect(await recordOf(proxy.host, question)).toMatchObject({
    ok: false,
    error: { category: 'environment', code: 'registry-unreachable' },
  });
});

function recordOf(host: string, ...questions: readonly RecordQuestion[]): ReturnType<typeof askRemoteRecord> {
  return askRemoteRecord(registry, targetAt(host), questions, { trusted: [] }, signal);
}

function targetAt(host: string): RegistryTarget {
  return { prefix: `${host}/courses`, naming: 'repository-per-image' };
}

/** An image of no layers under these tags; its digest. */
async function put(host: string, name: string, text: string, tags: readonly string[]): Promise<string> {
  const config = Buffer.from(JSON.stringify({ text }));
  const mediaType = 'application/vnd.oci.image.config.v1+json';
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: { mediaType, digest: digestOf(config), size: config.length },
      layers: [],
    }),
  );
  for (const tag of tags) {
    const reference = referenceTo(publishedReference(targetAt(host), name, tag));
    await registry.uploadBlob(reference, config, signal);
    const stored = await registry.putManifest(reference, manifest, MEDIA_TYPES.ociManifest, signal);
    expect(stored.kind).toBe('stored');
  }
  return digestOf(manifest);
}
