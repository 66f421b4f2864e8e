/** Puts small images into a registry with the client alone: no engine is needed to have something to copy or refer to. */
import { randomBytes } from 'node:crypto';
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import type { Credentials } from '../../registry/credentials.ts';
import { digestOf, type Digest } from '../../registry/digest.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { parseReference, withDigest, type Reference } from '../../registry/reference.ts';

const signal = new AbortController().signal;

/** The parsed reference; throws for what is none. */
export function referenceTo(text: string): Reference {
  const parsed = parseReference(text);
  if (parsed.kind !== 'reference') throw new Error(parsed.message);
  return parsed;
}

/** A client with this login that does not lose time between its tries. */
export function quickClient(credentials?: Credentials): RegistryClient {
  return createRegistryClient({
    credentials: async () => credentials,
    retry: { sleep: async () => undefined },
  });
}

/** An image of random layers of these sizes; answers its digest. */
export async function putImage(
  client: RegistryClient,
  target: Reference,
  layerSizes: readonly number[],
  architecture = 'amd64',
): Promise<Digest> {
  const layers = layerSizes.map((size) => randomBytes(size));
  const config = Buffer.from(
    JSON.stringify({ architecture, os: 'linux', made: randomBytes(8).toString('hex') }),
  );
  for (const blob of [config, ...layers]) await stored(client.uploadBlob(target, blob, signal));
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: descriptor('application/vnd.oci.image.config.v1+json', config),
    layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer)),
  };
  // Spaces that no encoder of ours would make: bytes have to travel as they are.
  return putBytes(client, target, `${JSON.stringify(manifest, undefined, 3)}\n`, MEDIA_TYPES.ociManifest);
}

/** An index over two platforms; answers its digest. */
export async function putIndex(
  client: RegistryClient,
  target: Reference,
  layerSizes: readonly number[],
): Promise<Digest> {
  const manifests = [];
  for (const architecture of ['amd64', 'arm64']) {
    const digest = await putImage(client, { ...target, tag: architecture }, layerSizes, architecture);
    const head = await client.headManifest(withDigest(target, digest), signal);
    if (head.kind !== 'found') throw new Error('the image is not there');
    manifests.push({
      mediaType: head.mediaType,
      digest,
      size: head.size,
      platform: { architecture, os: 'linux' },
    });
  }
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests };
  return putBytes(client, target, JSON.stringify(index), MEDIA_TYPES.ociIndex);
}

async function putBytes(
  client: RegistryClient,
  target: Reference,
  text: string,
  mediaType: string,
): Promise<Digest> {
  await stored(client.putManifest(target, Buffer.from(text), mediaType, signal));
  return digestOf(text);
}

function descriptor(mediaType: string, bytes: Buffer): object {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

async function stored(answer: ReturnType<RegistryClient['uploadBlob']>): Promise<void> {
  const outcome = await answer;
  if (outcome.kind === 'failed') throw new Error(outcome.error.message);
}
