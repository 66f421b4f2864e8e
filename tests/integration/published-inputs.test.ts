/** What keys were made from, kept in a real registry and read again. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { digestOf } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import { inputsTag, keyLabel } from '../../src/core/labels.ts';
import { keyOf, type KeyInputs } from '../../src/key/content-key.ts';
import {
  fetchInputs,
  keyBehindTag,
  publishInputs,
  type PublishedPlace,
} from '../../src/plan/published-inputs.ts';
import { startRegistry } from '../rig/registry.ts';

const { signal } = new AbortController();

function inputsOf(files: number): KeyInputs {
  const context = Array.from({ length: files }, (_, index) => {
    const path = `course/chapter-${index % 40}/notebook-${index}.ipynb`;
    return { kind: 'file' as const, path, mode: 0o644, sha256: digestOf(path).slice(7) };
  });
  return {
    schema: 1,
    platform: 'linux/amd64',
    target: null,
    epoch: null,
    args: { COURSE: 'physics' },
    instructions: [{ line: 7, text: 'FROM image:base' }],
    parents: [{ name: 'base', key: 'k' }],
    roots: [{ root: 'debian', identity: 'sha256:1' }],
    context,
  };
}

function placeAt(host: string, more: Partial<PublishedPlace['target']> = {}): PublishedPlace {
  const registry = createRegistryClient({ credentials: async () => undefined, retry: { attempts: 1 } });
  return {
    registry,
    target: { prefix: `${host}/courses`, naming: 'repository-per-image', ...more },
    image: 'physics',
  };
}

function referenceTo(host: string, tag: string): Reference {
  const reference = parseReference(`${host}/courses/physics:${tag}`);
  if (reference.kind !== 'reference') throw new Error(reference.message);
  return reference;
}

test.each(['repository-per-image', 'single-repository'] as const)(
  'inputs come back as they were, naming: %s',
  async (naming) => {
    await using rig = await startRegistry();
    const place = placeAt(rig.host, { naming });
    const inputs = inputsOf(3);
    const key = keyOf(inputs);
    expect(await fetchInputs(place, key, signal)).toBeUndefined();
    expect(await publishInputs(place, { key, inputs, isNew: false }, signal)).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await publishInputs(place, { key, inputs, isNew: false }, signal)).toEqual({
      ok: true,
      value: undefined,
    });
    expect(await fetchInputs(place, key, signal)).toEqual(inputs);
  },
);

test('inputs of some files lie in the manifest itself, and cost one upload less', async () => {
  await using rig = await startRegistry();
  const place = placeAt(rig.host);
  const inputs = inputsOf(100);
  const key = keyOf(inputs);
  expect((await publishInputs(place, { key, inputs, isNew: true }, signal)).ok).toBe(true);
  const manifest = await place.registry.getManifest(referenceTo(rig.host, inputsTag(key)), signal);
  const { config, layers } = JSON.parse(manifest.kind === 'found' ? manifest.bytes.toString() : '{}');
  expect([config.digest, layers]).toEqual([digestOf(Buffer.from('{}')), [config]]);
  expect(await fetchInputs(place, key, signal)).toEqual(inputs);
});

test('a listing of ten thousand files takes less than a megabyte', async () => {
  await using rig = await startRegistry();
  const place = placeAt(rig.host);
  const inputs = inputsOf(10_000);
  const key = keyOf(inputs);
  expect((await publishInputs(place, { key, inputs, isNew: false }, signal)).ok).toBe(true);
  const manifest = await place.registry.getManifest(referenceTo(rig.host, inputsTag(key)), signal);
  const { layers } = JSON.parse(manifest.kind === 'found' ? manifest.bytes.toString() : '{}');
  expect(layers[0].size).toBeLessThan(1e6);
  expect(await fetchInputs(place, key, signal)).toEqual(inputs);
});

test('what does not give the key again is not believed', async () => {
  await using rig = await startRegistry();
  const place = placeAt(rig.host);
  const key = keyOf(inputsOf(3));
  await publishInputs(place, { key, inputs: inputsOf(2), isNew: true }, signal);
  expect(await fetchInputs(place, key, signal)).toBeUndefined();
});

test('something else under the tag, and a layer that is no JSON, are as good as nothing', async () => {
  await using rig = await startRegistry();
  const place = placeAt(rig.host);
  const key = keyOf(inputsOf(3));
  const mediaType = 'application/vnd.hubwright.inputs.v1+json+gzip';
  for (const layer of [Buffer.from('no gzip'), gzipSync('no json'), gzipSync('{}'), undefined]) {
    const layers = layer === undefined ? [] : [{ mediaType, digest: digestOf(layer), size: layer.length }];
    await put(place, rig.host, inputsTag(key), '{}', layers, layer);
    expect(await fetchInputs(place, key, signal)).toBeUndefined();
  }
});

test('a published tag tells the key of its image by its label', async () => {
  await using rig = await startRegistry();
  const place = placeAt(rig.host);
  const key = keyOf(inputsOf(1));
  expect(await keyBehindTag(place, 'latest', signal)).toBeUndefined();
  await put(place, rig.host, 'latest', JSON.stringify({ config: { Labels: { [keyLabel]: key } } }));
  expect(await keyBehindTag(place, 'latest', signal)).toBe(key);
  await put(place, rig.host, 'foreign', JSON.stringify({ config: { Labels: null } }));
  expect(await keyBehindTag(place, 'foreign', signal)).toBeUndefined();
});

test('a registry that is gone is an answer, not an exception', async () => {
  const rig = await startRegistry();
  const place = placeAt(rig.host);
  await rig[Symbol.asyncDispose]();
  const inputs = inputsOf(1);
  expect(await fetchInputs(place, keyOf(inputs), signal)).toBeUndefined();
  expect(await publishInputs(place, { key: keyOf(inputs), inputs, isNew: true }, signal)).toEqual({
    ok: false,
    error: `${rig.host}: nothing listens there (connection refused)`,
  });
});

/** Puts a manifest with this configuration and these layers under a tag of the image. */
async function put(
  { registry }: PublishedPlace,
  host: string,
  tag: string,
  config: string,
  layers: readonly { mediaType: string; digest: string; size: number }[] = [],
  layer?: Buffer,
): Promise<void> {
  const reference = referenceTo(host, tag);
  const configBytes = Buffer.from(config);
  for (const bytes of [configBytes, ...(layer === undefined ? [] : [layer])]) {
    await registry.uploadBlob(reference, bytes, signal);
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(configBytes),
      size: configBytes.length,
    },
    layers,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const stored = await registry.putManifest(reference, bytes, MEDIA_TYPES.ociManifest, signal);
  if (stored.kind === 'failed') throw new Error(stored.error.message);
}
