/**
 * The push and tag stages of one image that passed: its bytes travel once, by the engine's push under the key's
 * tag; they are believed to be there only when the registry's own manifest names the very image that was tested;
 * every further tag is the same manifest under another name.
 */
import { parseReference, type Reference } from '../../registry/reference.ts';
import { keyTag, passTag, recordReference } from '../core/labels.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import { publishedReference, publishedRepository } from '../matrix/naming.ts';
import { tagsOf } from '../plan/image-tags.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { Bytes } from './build-stage.ts';
import { engineFailure } from './failure.ts';
import { compressedSize, configDigest } from './manifest.ts';
import { done, failed, type RunContext, type StageResult } from './run-context.ts';

/** What the registry has now. */
export interface Published {
  /** `registry/name@sha256:…`. */
  readonly reference: string;
  readonly digest: string;
  readonly tags: readonly string[];
  /** Bytes of the compressed layers. */
  readonly compressed: number;
}

interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** Publishes one image. `bytes` is undefined where they lie in the registry alone and only tags are missing. */
export async function publishImage(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<Published>> {
  const { emit, drawn } = context;
  const started = Date.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'push' });
  const manifest = await publishedManifest(context, entry, target, bytes, signal);
  if (manifest.kind !== 'ok') return manifest;
  const reference = `${publishedRepository(target, entry.name)}@${manifest.value.digest}`;
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'push',
    durationMs: Date.now() - started,
    digest: manifest.value.digest,
    reference,
    ...(bytes === undefined ? {} : { size: bytes.size }),
  });

  const tagging = Date.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'tag' });
  const tags = tagsOf(drawn.set, entry.name, entry.key, bytes?.created);
  for (const tag of [passTag(entry.verdictKey), ...tags]) {
    const put = await putTag(context, target, entry.name, tag, manifest.value, signal);
    if (put.kind !== 'ok') return put;
  }
  await keepInputs(context, entry, target, signal);
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'tag',
    durationMs: Date.now() - tagging,
    summary: tags.join(', '),
  });
  return done({
    reference,
    digest: manifest.value.digest,
    tags,
    compressed: compressedSize(manifest.value.bytes),
  });
}

/** Keeps what the key was made from beside it, so that another machine can explain a change; no image fails by it. */
async function keepInputs(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<void> {
  const { drawn, registry, emit } = context;
  const inputs = drawn.keys.get(entry.name)?.inputs;
  if (inputs === undefined) return;
  // Loaded by runs that publish something; most publish nothing.
  const { publishInputs } = await import('../plan/published-inputs.ts');
  const kept = await publishInputs({ registry, target, image: entry.name }, entry.key, inputs, signal);
  if (kept.ok || signal.aborted) return;
  emit({
    kind: 'remark',
    image: entry.name,
    message: `other machines cannot explain later changes of it: what it was built from was not kept in the registry (${kept.error})`,
  });
}

/** The manifest under the key's tag: what is there already where it counts, else what the engine pushes now. */
async function publishedManifest(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<Manifest>> {
  const text = publishedReference(target, entry.name, keyTag(entry.key));
  const reference = parseReference(text);
  if (reference.kind === 'invalid-reference')
    return failed({ message: `${text}: ${reference.message}`, blame: 'image', tail: [] });
  const there = await readManifest(context, reference, signal);
  if (there.kind !== 'ok') return there;
  if (there.value !== undefined) {
    if (bytes === undefined || isSameImage(context, there.value, bytes.id)) return done(there.value);
    if (entry.published?.passed === true && !context.options.force) {
      context.emit({
        kind: 'remark',
        image: entry.name,
        message: `the registry has the same inputs already, built elsewhere (${there.value.digest.slice(0, 19)}…); those stay published`,
      });
      return done(there.value);
    }
  }
  if (bytes === undefined)
    return failed({ message: `${text} has gone from the registry`, blame: 'environment', tail: [] });
  return await pushAndRead(context, entry, reference, text, bytes, signal);
}

async function pushAndRead(
  context: RunContext,
  entry: PlanEntry,
  reference: Reference,
  text: string,
  bytes: Bytes,
  signal: AbortSignal,
): Promise<StageResult<Manifest>> {
  const { engine, credentials } = context;
  context.log.noteTag(text);
  const tagged = await engine.images.tag(recordReference(entry.name, keyTag(entry.key)), text, signal);
  if (!tagged.ok) return engineFailure(tagged.error, `tagging ${text}`);
  const pushed = await engine.images.push(text, credentials, signal);
  // The name served the push alone; what stays in the engine are the names that people use.
  await engine.images.remove(text, AbortSignal.timeout(10_000));
  if (!pushed.ok) return engineFailure(pushed.error, `pushing ${text}`);
  const manifest = await readManifest(context, reference, signal);
  if (manifest.kind !== 'ok') return manifest;
  if (manifest.value === undefined)
    return failed({
      message: `${text} was pushed, but the registry does not have it`,
      blame: 'environment',
      tail: [],
    });
  if (isSameImage(context, manifest.value, bytes.id)) return done(manifest.value);
  return failed({
    message: `${text} was pushed, but the registry's manifest (${manifest.value.digest}) names another image than the one that was tested (${bytes.id})`,
    blame: 'environment',
    tail: [],
  });
}

/** On the classic store an image's ID is its config's digest, on the containerd store its manifest's. */
function isSameImage(context: RunContext, manifest: Manifest, imageId: string): boolean {
  return context.drawn.info.store === 'classic'
    ? configDigest(manifest.bytes) === imageId
    : manifest.digest === imageId;
}

async function readManifest(
  context: RunContext,
  reference: Reference,
  signal: AbortSignal,
): Promise<StageResult<Manifest | undefined>> {
  const answer = await context.registry.getManifest(reference, signal);
  if (answer.kind === 'found')
    return done({ digest: answer.digest, mediaType: answer.mediaType, bytes: answer.bytes });
  if (answer.kind === 'absent') return done(undefined);
  if (answer.error.kind === 'cancelled') return { kind: 'cancelled' };
  return failed({
    message: `asking the registry for ${reference.familiarName}: ${answer.error.message}`,
    blame: 'environment',
    tail: [],
  });
}

async function putTag(
  context: RunContext,
  target: RegistryTarget,
  name: string,
  tag: string,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<StageResult<void>> {
  const text = publishedReference(target, name, tag);
  const reference = parseReference(text);
  if (reference.kind === 'invalid-reference')
    return failed({ message: `${text}: ${reference.message}`, blame: 'image', tail: [] });
  const answer = await context.registry.putManifest(reference, manifest.bytes, manifest.mediaType, signal);
  if (answer.kind !== 'failed') return done(undefined);
  if (answer.error.kind === 'cancelled') return { kind: 'cancelled' };
  return failed({ message: `tagging ${text}: ${answer.error.message}`, blame: 'environment', tail: [] });
}
