/**
 * Parents as the registry has them: what is published must begin with its parent's published layers, and another
 * machine may have built and published the parent's key first. Then its bytes take the place of ours, and what was
 * built on ours is built again. When that has to be asked is execute-plan.ts's.
 */
import { keyTag, passTag, recordReference } from '../core/labels.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import type { LocalBytes, PlanEntry } from '../plan/plan.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import { buildImage, pullImage, type Bytes } from './build-stage.ts';
import { engineFailure } from './failure.ts';
import { isSameImage, publishedLayers, readManifest } from './published-manifest.ts';
import { done, failed, type RunContext, type StageResult } from './run-context.ts';

/** A parent that the registry has, with the digest that counts. */
export interface PublishedParent {
  readonly entry: PlanEntry;
  readonly target: RegistryTarget;
  readonly digest: string;
  /** The engine's image that the registry said to be this digest, where this run published it. */
  readonly image?: string;
}

/** The bytes that children are to be built on: the engine's own where they are the published ones, else those, pulled. */
export async function publishedBytes(
  context: RunContext,
  parent: PublishedParent,
  local: LocalBytes,
  signal: AbortSignal,
): Promise<StageResult<Bytes>> {
  const { entry, target, digest } = parent;
  const manifest = await readManifest(context, { target, name: entry.name }, digest, signal);
  if (manifest.kind !== 'ok') return manifest;
  if (manifest.value === undefined || isSameImage(context, manifest.value, local.id)) return done(local);
  return await takePublished(context, parent, signal);
}

/** Puts the published bytes into the place of the engine's own: under the record's name, and as passed. */
async function takePublished(
  context: RunContext,
  { entry, digest }: PublishedParent,
  signal: AbortSignal,
): Promise<StageResult<Bytes>> {
  const pulled = await pullImage(context, entry, digest, signal);
  if (pulled.kind !== 'ok') return pulled;
  const pass = recordReference(entry.name, passTag(entry.verdictKey));
  const recorded = await context.engine.images.tag(pulled.value.id, pass, signal);
  return recorded.ok
    ? done({ ...pulled.value, passed: true })
    : engineFailure(recorded.error, 'recording the pass');
}

/** Builds an image once more, on the parent's published bytes, because it stands on others. */
export async function rebuildOnPublished(
  context: RunContext,
  child: PlanEntry,
  node: GraphNode,
  parent: PublishedParent,
  signal: AbortSignal,
): Promise<StageResult<Bytes>> {
  const { name } = parent.entry;
  const message = `it is built again: another machine published ${name} first, and children stand on what is published`;
  context.emit({ kind: 'remark', image: child.name, message });
  const taken = await takePublished(context, parent, signal);
  if (taken.kind !== 'ok') return taken;
  const built = await buildImage(context, child, node, signal);
  if (built.kind !== 'ok') return built;
  const stands = await standsOnPublished(context, child, built.value, parent, signal);
  if (stands.kind !== 'ok') return stands;
  if (stands.value) return built;
  const moved = `it was built on the published ${name} (${parent.digest}), but another run on this engine gave that name to other bytes`;
  return failed({ message: moved, blame: 'environment', tail: [] });
}

/** Whether an image's layers begin with those that the registry has of the parent. */
export async function standsOnPublished(
  context: RunContext,
  child: PlanEntry,
  bytes: Bytes,
  { entry, target, digest, image }: PublishedParent,
  signal: AbortSignal,
): Promise<StageResult<boolean>> {
  const [layers, own] = await Promise.all([
    image === undefined
      ? publishedLayers(context, { target, name: entry.name }, digest, signal)
      : layersInEngine(context, entry, image, signal),
    layersInEngine(context, child, bytes.id, signal),
  ]);
  if (layers.kind !== 'ok') return layers;
  if (layers.value === undefined) {
    const message = `the registry does not tell the layers of ${entry.name} (${digest}), which ${child.name} stands on`;
    return failed({ message, blame: 'environment', tail: [] });
  }
  if (own.kind !== 'ok') return own;
  return done(layers.value.every((layer, index) => own.value?.[index] === layer));
}

async function layersInEngine(
  { engine, answers }: RunContext,
  { name, key }: PlanEntry,
  id: string,
  signal: AbortSignal,
): Promise<StageResult<readonly string[] | undefined>> {
  const inspect = async (shared: AbortSignal): Promise<StageResult<readonly string[]>> => {
    const details = await engine.images.inspect(id, shared);
    return details.ok
      ? done(details.value.diffIds)
      : engineFailure(details.error, `looking at ${recordReference(name, keyTag(key))}`);
  };
  return await answers.layers.get(id, inspect, signal);
}
