/** Bills of materials and scans, kept with a digest in a real registry and found by the digest alone. */
import { expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { digestOf } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { parseReference, withDigest, type Reference } from '../../registry/reference.ts';
import { keepArtifact, readArtifact } from '../../src/scan/kept-artifacts.ts';
import { startRegistry } from '../rig/registry.ts';

const { signal } = new AbortController();
const registry = createRegistryClient({ credentials: async () => undefined, retry: { attempts: 1 } });

test('the newest of a kind is read, whatever was kept first; other kinds and other images do not count', async () => {
  await using rig = await startRegistry();
  const subject = await image(rig.host, 'base', 'one');
  const other = await image(rig.host, 'base', 'two');
  const keep = async (about: Reference, kind: 'cyclonedx' | 'scan', text: string, day: string) =>
    await keepArtifact(registry, about, { kind, bytes: Buffer.from(text), created: new Date(day) }, signal);
  expect(await readArtifact(registry, subject, 'scan', signal)).toEqual({ ok: true, value: undefined });
  expect(await keep(subject, 'scan', '{"second":2}', '2026-11-02')).toMatchObject({ ok: true });
  expect(await keep(subject, 'scan', '{"first":1}', '2026-11-01')).toMatchObject({ ok: true });
  expect(await keep(subject, 'cyclonedx', '{"bill":1}', '2026-11-03')).toMatchObject({ ok: true });
  expect(await keep(other, 'scan', '{"other":1}', '2026-11-04')).toMatchObject({ ok: true });
  expect(await read(subject, 'scan')).toBe('{"second":2}');
  expect(await read(subject, 'cyclonedx')).toBe('{"bill":1}');
  expect(await read(other, 'cyclonedx')).toBeUndefined();
});

test('of an image that is not there nothing is kept', async () => {
  await using rig = await startRegistry();
  const subject = withDigest(referenceTo(rig.host, 'base'), digestOf('nobody'));
  const kept = { kind: 'scan', bytes: Buffer.from('{}'), created: new Date(0) } as const;
  expect(await keepArtifact(registry, subject, kept, signal)).toEqual({
    ok: false,
    error: 'the image has gone from the registry',
  });
});

async function read(subject: Reference, kind: 'cyclonedx' | 'scan'): Promise<string | undefined> {
  const found = await readArtifact(registry, subject, kind, signal);
  return found.ok ? found.value?.toString() : found.error;
}

function referenceTo(host: string, name: string): Reference {
  const reference = parseReference(`${host}/courses/${name}:1`);
  if (reference.kind !== 'reference') throw new Error(reference.message);
  return reference;
}

/** An image of no layers; its reference by digest. */
async function image(host: string, name: string, text: string): Promise<Reference> {
  const reference = referenceTo(host, name);
  const config = Buffer.from(JSON.stringify({ text }));
  await registry.uploadBlob(reference, config, signal);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const stored = await registry.putManifest(reference, bytes, MEDIA_TYPES.ociManifest, signal);
  if (stored.kind === 'failed') throw new Error(stored.error.message);
  return withDigest(reference, stored.digest);
}
