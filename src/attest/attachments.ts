/**
 * Signatures and attestations as they lie in a registry beside an image, in the two forms that are understood out
 * there: cosign 2's tags (`sha256-….sig`, `sha256-….att`), which admission controllers read, and sigstore bundles as
 * referrers, which cosign 3 reads. Writes and reads bytes; what they prove is proof.ts's to say.
 */
import { createHash } from 'node:crypto';
import { artifactManifest } from '../../registry/artifact.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { digestOf, isDigest, type Digest } from '../../registry/digest.ts';
import type { Failed } from '../../registry/error.ts';
import { MEDIA_TYPES } from '../../registry/manifests.ts';
import { parseJson } from '../../registry/parse-json.ts';
import { withDigest, withTag, type DigestReference, type Reference } from '../../registry/reference.ts';
import { annotationsOf, bundleOf, bundleOfAnnotations, bundleType, signatureAnnotation } from './bundle.ts';
import { attachmentSchema, bundleSchema, envelopeSchema } from './schema.ts';
import type { Signature, SignedBy } from './signer.ts';
import type { Attested, PlainSignature } from './trusted.ts';

const types = {
  config: 'application/vnd.oci.image.config.v1+json',
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
  envelope: 'application/vnd.dsse.envelope.v1+json',
} as const;

const bundlePredicate = 'dev.sigstore.bundle.predicateType';

/** Of what strangers may have put there, no more than this is looked at. */
const maxLooked = 64;
/** A bill of materials of a large image, in base64. */
const maxEnvelopeBytes = 64 * 1024 * 1024;
const maxPayloadBytes = 64 * 1024;

const empty = Buffer.from('{}');

/** As much of a registry as signatures need. */
export type AttachmentRegistry = Pick<
  RegistryClient,
  | 'attachReferrer'
  | 'getBlob'
  | 'getManifest'
  | 'headManifest'
  | 'listReferrers'
  | 'putManifest'
  | 'uploadBlob'
>;

/** Where an image lies: its reference has a digest. */
export interface Place {
  readonly registry: AttachmentRegistry;
  readonly image: DigestReference;
}

/** A layer of cosign's manifests. */
interface Layer {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

type Done = { readonly kind: 'done' };

/** A signed statement about an image. */
export interface Attestation {
  readonly predicateType: string;
  readonly envelope: Buffer;
  readonly by: SignedBy;
}

/** Adds attestations to the image's `.att` tag; what others put there stays. */
export async function putAttestations(
  place: Place,
  attestations: readonly Attestation[],
  signal: AbortSignal,
): Promise<Done | Failed> {
  if (attestations.length === 0) return { kind: 'done' };
  const layers = attestations.map(({ predicateType, envelope, by }) => ({
    mediaType: types.envelope,
    bytes: envelope,
    annotations: { [signatureAnnotation]: '', predicateType, ...annotationsOf(by) },
  }));
  return await putLayers(place, 'att', layers, signal);
}

/** Adds a signature to the image's `.sig` tag. */
export async function putSignature(
  place: Place,
  payload: Buffer,
  { value, by }: Signature,
  signal: AbortSignal,
): Promise<Done | Failed> {
  const annotations = { [signatureAnnotation]: value, ...annotationsOf(by) };
  return await putLayers(
    place,
    'sig',
    [{ mediaType: types.simpleSigning, bytes: payload, annotations }],
    signal,
  );
}

/** Attaches attestations as bundles that refer to the image. */
export async function attachBundles(
  { registry, image }: Place,
  attestations: readonly Attestation[],
  signal: AbortSignal,
): Promise<Done | Failed> {
  const subject = await registry.headManifest(withDigest(image, image.digest), signal);
  if (subject.kind === 'failed') return subject;
  if (subject.kind === 'absent') throw new Error(`${image.digest} is signed, but it is not there`);
  const bundles = attestations.map(({ predicateType, envelope, by }) => ({
    predicateType,
    bytes: bundleOf(envelope, by),
  }));
  const stored = await putBlobs({ registry, image }, [empty, ...bundles.map(({ bytes }) => bytes)], signal);
  if (stored.kind === 'failed') return stored;
  // One after the other: where the registry knows no referrers they share one index.
  for (const { predicateType, bytes } of bundles) {
    const manifest = artifactManifest({
      artifactType: bundleType,
      files: [{ mediaType: bundleType, bytes }],
      subject,
      annotations: { 'dev.sigstore.bundle.content': 'dsse-envelope', [bundlePredicate]: predicateType },
    });
    const attached = await registry.attachReferrer(image, manifest, signal);
    if (attached.kind === 'failed') return attached;
  }
  return { kind: 'done' };
}

async function putBlobs(
  { registry, image }: Place,
  blobs: readonly Buffer[],
  signal: AbortSignal,
): Promise<Done | Failed> {
  const answers = await Promise.all(blobs.map((bytes) => registry.uploadBlob(image, bytes, signal)));
  return answers.find((answer) => answer.kind === 'failed') ?? { kind: 'done' };
}

/** The envelopes of one kind of statement under the image's `.att` tag. */
export async function taggedEnvelopes(
  place: Place,
  predicateType: string,
  signal: AbortSignal,
): Promise<readonly Attested[] | Failed> {
  const layers = await readLayers(place, 'att', signal);
  if ('kind' in layers) return layers;
  const wanted = layers.filter(({ annotations }) => annotations?.['predicateType'] === predicateType);
  // What was said last stands last.
  const found = await readBlobs(place, wanted.slice(-maxLooked), maxEnvelopeBytes, signal);
  if ('kind' in found) return found;
  return found.map(({ bytes, layer }) => {
    const { annotations } = layer;
    const dsseEnvelope = parseJson(envelopeSchema, bytes);
    const isBare = dsseEnvelope === undefined || annotations === undefined;
    const bundle = isBare ? undefined : bundleOfAnnotations(annotations, { dsseEnvelope });
    return { envelope: bytes, bundle, stamped: bytes };
  });
}

/** The envelopes of one kind of statement in bundles that refer to the image. */
export async function referredEnvelopes(
  { registry, image }: Place,
  predicateType: string,
  signal: AbortSignal,
): Promise<readonly Attested[] | Failed> {
  const listed = await registry.listReferrers(image, bundleType, signal);
  if (listed.kind === 'failed') return listed;
  const envelopes: Attested[] = [];
  for (const { digest, annotations } of listed.referrers.slice(0, maxLooked)) {
    const said = annotations[bundlePredicate];
    if (said !== undefined && said !== predicateType) continue;
    const manifest = await registry.getManifest(withDigest(image, digest), signal);
    if (manifest.kind === 'failed') return manifest;
    const layers = manifest.kind === 'absent' ? [] : layersIn(manifest.bytes);
    const bundles = await readBlobs({ registry, image }, layers.slice(0, 1), maxEnvelopeBytes, signal);
    if ('kind' in bundles) return bundles;
    for (const { bytes } of bundles) {
      const bundle = parseJson(bundleSchema, bytes);
      if (bundle === undefined) continue;
      envelopes.push({ envelope: Buffer.from(JSON.stringify(bundle.dsseEnvelope)), bundle: bytes });
    }
  }
  return envelopes;
}

/** The signatures under the image's `.sig` tag, each with the payload that it is one of. */
export async function taggedSignatures(
  place: Place,
  signal: AbortSignal,
): Promise<readonly PlainSignature[] | Failed> {
  const layers = await readLayers(place, 'sig', signal);
  if ('kind' in layers) return layers;
  const found: PlainSignature[] = [];
  for (const layer of layers.slice(0, maxLooked)) {
    const { annotations = {} } = layer;
    const signature = annotations[signatureAnnotation];
    if (signature === undefined) continue;
    const payloads = await readBlobs(place, [layer], maxPayloadBytes, signal);
    if ('kind' in payloads) return payloads;
    found.push(
      ...payloads.map(({ bytes: payload }) => {
        const digest = createHash('sha256').update(payload).digest('base64');
        const messageSignature = { messageDigest: { algorithm: 'SHA2_256', digest }, signature } as const;
        return { payload, signature, bundle: bundleOfAnnotations(annotations, { messageSignature }) };
      }),
    );
  }
  return found;
}

type ReadLayer = ReturnType<typeof layersIn>[number];

function layersIn(manifest: Buffer) {
  return parseJson(attachmentSchema, manifest)?.layers ?? [];
}

async function readLayers(
  { registry, image }: Place,
  suffix: 'sig' | 'att',
  signal: AbortSignal,
): Promise<readonly ReadLayer[] | Failed> {
  const manifest = await registry.getManifest(attachmentTag(image, suffix), signal);
  if (manifest.kind === 'failed') return manifest;
  return manifest.kind === 'absent' ? [] : layersIn(manifest.bytes);
}

async function readBlobs(
  { registry, image }: Place,
  layers: readonly ReadLayer[],
  maxBytes: number,
  signal: AbortSignal,
): Promise<readonly { readonly bytes: Buffer; readonly layer: ReadLayer }[] | Failed> {
  const found = [];
  for (const layer of layers.slice(0, maxLooked)) {
    const { digest, size } = layer;
    if (!isDigest(digest) || size > maxBytes) continue;
    const blob = await registry.getBlob(image, digest, maxBytes, signal);
    if (blob.kind === 'failed') {
      // A blob that is not what its manifest says proves nothing, and hides nothing from the others.
      if (blob.error.kind === 'invalid-answer') continue;
      return blob;
    }
    if (blob.kind === 'found') found.push({ bytes: blob.bytes, layer });
  }
  return found;
}

/** Adds layers to one of cosign's tags, in the form that `cosign sign` and `cosign attest` give it. */
async function putLayers(
  place: Place,
  suffix: 'sig' | 'att',
  added: readonly Layer[],
  signal: AbortSignal,
): Promise<Done | Failed> {
  const { registry, image } = place;
  const there = await readLayers(place, suffix, signal);
  if ('kind' in there) return there;
  const ours = added.map(({ mediaType, bytes, annotations }) => ({
    ...descriptor(mediaType, bytes),
    annotations,
  }));
  const layers = [...there, ...ours];
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      config: {},
    }),
  );
  const blobs = [config, ...added.map((layer) => layer.bytes)];
  const stored = await putBlobs(place, blobs, signal);
  if (stored.kind === 'failed') return stored;
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociManifest,
      config: descriptor(types.config, config),
      layers,
    }),
  );
  const tag = attachmentTag(image, suffix);
  const put = await registry.putManifest(tag, manifest, MEDIA_TYPES.ociManifest, signal);
  return put.kind === 'failed' ? put : { kind: 'done' };
}

function attachmentTag(image: Place['image'], suffix: 'sig' | 'att'): Reference {
  return withTag(image, `${image.digest.replace(':', '-')}.${suffix}`);
}

function descriptor(mediaType: string, bytes: Buffer): { mediaType: string; digest: Digest; size: number } {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
