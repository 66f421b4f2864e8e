/**
 * What the registry has of one image, read and named: manifests by tag or digest, and the layers behind one. Answers as the
 * stages do: a registry's trouble is the environment's. Which manifest counts is publish-stage.ts's to say.
 */
import { isDigest } from '../../registry/digest.ts';
import { parseReference, type Reference } from '../../registry/reference.ts';
import { publishedReference, publishedRepository } from '../matrix/naming.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { configDigest, layersOf } from './manifest.ts';
import { cancelled, done, failed, type RunContext, type StageResult } from './run-context.ts';

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** One image's place in the registry. */
export interface Place {
  readonly target: RegistryTarget;
  readonly name: string;
}

/** An image's configuration is its history and its environment: kilobytes. */
const maxConfigBytes = 4 * 1024 * 1024;

/** The manifest behind a tag, or behind a digest (`sha256:…`); undefined where the registry has none. */
export async function readManifest(
  { registry }: RunContext,
  place: Place,
  tagOrDigest: string,
  signal: AbortSignal,
): Promise<StageResult<Manifest | undefined>> {
  const reference = referenceOf(place, tagOrDigest);
  if (reference.kind !== 'ok') return reference;
  const answer = await registry.getManifest(reference.value, signal);
  if (answer.kind === 'absent') return done(undefined);
  if (answer.kind === 'failed')
    return registryTrouble(answer.error, `asking the registry for`, reference.value);
  return done({ digest: answer.digest, mediaType: answer.mediaType, bytes: answer.bytes });
}

/** The digest behind a tag; undefined where the registry has none. Costs less than its manifest. */
export async function readDigest(
  { registry }: RunContext,
  place: Place,
  tag: string,
  signal: AbortSignal,
): Promise<StageResult<string | undefined>> {
  const reference = referenceOf(place, tag);
  if (reference.kind !== 'ok') return reference;
  const answer = await registry.headManifest(reference.value, signal);
  if (answer.kind === 'absent') return done(undefined);
  if (answer.kind === 'failed')
    return registryTrouble(answer.error, `asking the registry for`, reference.value);
  return done(answer.digest);
}

/** Gives a manifest that is there a further tag. */
export async function putTag(
  { registry }: RunContext,
  place: Place,
  tag: string,
  { bytes, mediaType }: Manifest,
  signal: AbortSignal,
): Promise<StageResult<void>> {
  const reference = referenceOf(place, tag);
  if (reference.kind !== 'ok') return reference;
  const answer = await registry.putManifest(reference.value, bytes, mediaType, signal);
  return answer.kind === 'failed'
    ? registryTrouble(answer.error, 'tagging', reference.value)
    : done(undefined);
}

/** The diffIDs of the layers behind a published digest, lowest first; undefined where the registry does not have it. */
export async function publishedLayers(
  context: RunContext,
  place: Place,
  digest: string,
  signal: AbortSignal,
): Promise<StageResult<readonly string[] | undefined>> {
  const read = async (shared: AbortSignal): Promise<StageResult<readonly string[] | undefined>> =>
    await readLayers(context, place, digest, shared);
  return await context.answers.layers.get(`${place.name}@${digest}`, read, signal);
}

async function readLayers(
  context: RunContext,
  place: Place,
  digest: string,
  signal: AbortSignal,
): Promise<StageResult<readonly string[] | undefined>> {
  const manifest = await readManifest(context, place, digest, signal);
  if (manifest.kind !== 'ok') return manifest;
  const config = manifest.value === undefined ? undefined : configDigest(manifest.value.bytes);
  const reference = referenceOf(place, digest);
  if (reference.kind !== 'ok') return reference;
  if (config === undefined || !isDigest(config)) return done(undefined);
  const blob = await context.registry.getBlob(reference.value, config, maxConfigBytes, signal);
  if (blob.kind === 'absent') return done(undefined);
  if (blob.kind === 'failed') return registryTrouble(blob.error, 'asking the registry for', reference.value);
  return done(layersOf(blob.bytes));
}

/** On the classic store an image's ID is its config's digest, on the containerd store its manifest's. */
export function isSameImage({ drawn }: RunContext, manifest: Manifest, imageId: string): boolean {
  return drawn.info.store === 'classic'
    ? configDigest(manifest.bytes) === imageId
    : manifest.digest === imageId;
}

function referenceOf({ target, name }: Place, tagOrDigest: string): StageResult<Reference> {
  const text = tagOrDigest.includes(':')
    ? `${publishedRepository(target, name)}@${tagOrDigest}`
    : publishedReference(target, name, tagOrDigest);
  const reference = parseReference(text);
  return reference.kind === 'invalid-reference'
    ? failed({ message: `${text}: ${reference.message}`, blame: 'image', tail: [] })
    : done(reference);
}

function registryTrouble(
  error: { readonly kind: string; readonly message: string },
  doing: string,
  reference: Reference,
): StageResult<never> {
  if (error.kind === 'cancelled') return cancelled;
  return failed({
    message: `${doing} ${reference.familiarName}: ${error.message}`,
    blame: 'environment',
    tail: [],
  });
}
