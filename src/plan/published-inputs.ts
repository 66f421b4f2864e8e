/**
 * What keys were made from, as the registry keeps it: beside an image's `key-…` a manifest `inputs-…` with the inputs'
 * JSON, packed, in an annotation; in a layer where it is long. By it a machine that never built an image can say why it would. It explains and never
 * decides: whatever cannot be read here is as good as not there.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { putArtifact } from '../../registry/artifact.ts';
import type { RegistryClient } from '../../registry/client.ts';
import { isDigest, type Digest } from '../../registry/digest.ts';
import { parseJson } from '../../registry/parse-json.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import { inputsTag, keyLabel } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import { keyOf, type KeyInputs } from '../key/content-key.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference } from '../matrix/naming.ts';
import { artifactSchema, imageConfigSchema, keyInputsSchema } from './inputs-schema.ts';

/** Of inputs, wherever they are kept: with their image, and all of a family’s with its release. */
export const inputsType = 'application/vnd.hubwright.inputs.v1+json+gzip';

const annotation = 'hubwright.inputs';

/** Of some thousand files. A layer costs three requests more; some registries take no manifest of 256 KiB. */
const maxAnnotatedBytes = 64 * 1024;

/** A listing of a hundred thousand files; what is longer is not from us. */
const maxPackedBytes = 8 * 1024 * 1024;
const maxPlainBytes = 64 * 1024 * 1024;

/** Where one image is published. */
export interface PublishedPlace {
  readonly registry: RegistryClient;
  readonly target: RegistryTarget;
  readonly image: string;
}

/**
 * Keeps an image's inputs beside its key; what is there already stays. `isNew`: the registry had nothing under this key,
 * and need not be asked for its inputs. The error is a sentence for a person.
 */
export async function publishInputs(
  place: PublishedPlace,
  { key, inputs, isNew }: { readonly key: string; readonly inputs: KeyInputs; readonly isNew: boolean },
  signal: AbortSignal,
): Promise<Result<void, string>> {
  const { registry } = place;
  const reference = referenceOf(place, inputsTag(key));
  if (reference === undefined) return err('its name leaves no room for such a tag');
  const there = isNew ? undefined : await registry.headManifest(reference, signal);
  if (there?.kind === 'found') return ok(undefined);
  const packed = await promisify(gzip)(JSON.stringify(inputs));
  const artifact =
    packed.length > maxAnnotatedBytes
      ? { artifactType: inputsType, files: [{ mediaType: inputsType, bytes: packed }] }
      : { artifactType: inputsType, files: [], annotations: { [annotation]: packed.toString('base64') } };
  const put = await putArtifact(registry, reference, artifact, signal);
  return put.kind === 'failed' ? err(put.error.message) : ok(undefined);
}

/** The inputs of one key, believed only where they give that key again; undefined where nobody kept them. */
export async function fetchInputs(
  place: PublishedPlace,
  key: string,
  signal: AbortSignal,
): Promise<KeyInputs | undefined> {
  const { registry } = place;
  const reference = referenceOf(place, inputsTag(key));
  if (reference === undefined) return undefined;
  const manifest = await registry.getManifest(reference, signal);
  if (manifest.kind !== 'found') return undefined;
  const artifact = parseJson(artifactSchema, manifest.bytes);
  const annotated = artifact?.annotations?.[annotation];
  const layer = artifact?.layers.find((each) => each.mediaType === inputsType);
  const packed =
    annotated === undefined
      ? await blob(place, reference, layer?.digest, signal)
      : Buffer.from(annotated, 'base64');
  if (packed === undefined) return undefined;
  const plain = await promisify(gunzip)(packed, { maxOutputLength: maxPlainBytes }).catch(() => undefined);
  const inputs = plain === undefined ? undefined : parseJson(keyInputsSchema, plain);
  return inputs !== undefined && keyOf(inputs) === key ? inputs : undefined;
}

/** The content key of the image that a published tag names now, as its label tells. */
export async function keyBehindTag(
  place: PublishedPlace,
  tag: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const reference = referenceOf(place, tag);
  if (reference === undefined) return undefined;
  const manifest = await place.registry.getManifest(reference, signal);
  if (manifest.kind !== 'found') return undefined;
  const config = await blob(
    place,
    reference,
    parseJson(artifactSchema, manifest.bytes)?.config.digest,
    signal,
  );
  const labels = config === undefined ? undefined : parseJson(imageConfigSchema, config)?.config?.Labels;
  const key = labels?.[keyLabel];
  return key !== undefined && /^[0-9a-f]{64}$/.test(key) ? key : undefined;
}

function referenceOf({ target, image }: PublishedPlace, tag: string): Reference | undefined {
  const reference = parseReference(publishedReference(target, image, tag));
  return reference.kind === 'invalid-reference' ? undefined : reference;
}

async function blob(
  { registry }: PublishedPlace,
  reference: Reference,
  digest: string | undefined,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  if (digest === undefined || !isDigest(digest)) return undefined;
  const known: Digest = digest;
  const answer = await registry.getBlob(reference, known, maxPackedBytes, signal);
  return answer.kind === 'found' ? answer.bytes : undefined;
}
