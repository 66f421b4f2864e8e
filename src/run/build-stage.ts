/**
 * The build stage of one image: sees to it that the engine has its bytes under the record's name, by a build
 * or, where only the registry has them, by a pull.
 */
import { imageLabel, keyLabel, keyTag, recordReference } from '../core/labels.ts';
import type { BuildRequest, BuiltImage } from '../engine/engine.ts';
import { exactDockerfile, type GraphNode } from '../graph/image-graph.ts';
import { buildArgs } from '../key/content-key.ts';
import { publishedRepository } from '../matrix/naming.ts';
import { writeMemory } from '../plan/memory.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { rememberInputs } from '../plan/remembered-inputs.ts';
import { memoryVersion } from '../plan/schema.ts';
import { buildPatiently } from './build-attempts.ts';
import { elapsed } from './clock.ts';
import { engineFailure } from './failure.ts';
import { done, type RunContext, type StageResult } from './run-context.ts';

/** Bytes that the engine has now. */
export interface Bytes {
  /** The engine's own ID. */
  readonly id: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly created: number;
  /** The record says that these very bytes passed already. */
  readonly passed: boolean;
}

/** Builds one image under its record name. The journal gets its steps, the log all of its output. */
export async function buildImage(
  context: RunContext,
  entry: PlanEntry,
  node: GraphNode,
  signal: AbortSignal,
): Promise<StageResult<Bytes>> {
  const { emit, drawn } = context;
  const started = context.clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'build' });
  const built = await buildPatiently(context, buildRequest(context, entry, node), node, signal);
  if (built.kind !== 'ok') return built;
  const durationMs = elapsed(context.clock, started);
  const { id, size, created } = built.value.image;
  // The same bytes as before: nothing was built anew, whatever was asked of the engine.
  const remembered = entry.local?.id === id;
  const { summary } = built.value;
  await remember(context, entry, built.value.image, remembered ? undefined : durationMs);
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'build',
    durationMs,
    imageId: id,
    size,
    ...(summary === undefined ? {} : { summary }),
    remembered,
  });
  const passTag = drawn.local.bytes(entry.name, entry.key, entry.verdictKey);
  return done({ id, size, created, passed: passTag?.id === id && passTag.passed });
}

function buildRequest(context: RunContext, entry: PlanEntry, node: GraphNode): BuildRequest {
  const { drawn } = context;
  const { image } = node;
  const dockerfile = exactDockerfile(node, (target) => {
    if (target.kind === 'image')
      return recordReference(target.name, keyTag(drawn.keys.get(target.name)?.key ?? ''));
    return drawn.roots.get(target.root)?.reference ?? target.root;
  });
  const entries = drawn.contexts.get(entry.name);
  return {
    name: entry.name,
    dockerfile,
    dockerfilePath: image.dockerfile,
    context:
      image.context === undefined || entries === undefined
        ? undefined
        : { directory: `${drawn.set.directory}/${image.context}`, entries },
    ...(image.target === undefined ? {} : { target: image.target }),
    args: buildArgs(node),
    labels: { [imageLabel]: entry.name, [keyLabel]: entry.key },
    tags: [recordReference(entry.name, keyTag(entry.key))],
    secrets: context.secrets,
    credentials: context.credentials,
    noCache: context.options.noCache && entry.selected,
  };
}

/** Keeps what explains and orders the next run. */
async function remember(
  context: RunContext,
  entry: PlanEntry,
  { id, size }: BuiltImage,
  buildMs: number | undefined,
): Promise<void> {
  const { drawn } = context;
  const key = drawn.keys.get(entry.name);
  const before = drawn.memories.get(entry.name);
  if (key === undefined) return;
  await rememberInputs(drawn.set.directory, entry.name, key.key, key.inputs);
  await writeMemory(drawn.set.directory, {
    version: memoryVersion,
    builtAt: buildMs === undefined && before?.key === key.key ? before.builtAt : Date.now(),
    image: entry.name,
    key: key.key,
    imageId: id,
    size,
    buildMs: buildMs ?? before?.buildMs ?? 0,
    smokeMs: before?.smokeMs ?? 0,
    // The same bytes hold the same versions.
    ...(before?.versions === undefined || before.imageId !== id ? {} : { versions: before.versions }),
  });
}

/** Brings bytes that only the registry has into the engine, under the record's name. */
export async function pullImage(
  context: RunContext,
  entry: PlanEntry,
  digest: string,
  signal: AbortSignal,
): Promise<StageResult<Bytes>> {
  const { emit, engine, drawn } = context;
  const target = drawn.set.registry;
  if (target === undefined) throw new Error(`${entry.name} lies in a registry, but there is none`);
  const started = context.clock.now();
  emit({ kind: 'stage-started', image: entry.name, stage: 'build' });
  const reference = `${publishedRepository(target, entry.name)}@${digest}`;
  const pulled = await engine.images.pull(reference, context.credentials, signal);
  if (!pulled.ok) return engineFailure(pulled.error, `pulling ${reference}`);
  const tagged = await engine.images.tag(reference, recordReference(entry.name, keyTag(entry.key)), signal);
  if (!tagged.ok) return engineFailure(tagged.error, `tagging ${reference}`);
  const details = await engine.images.inspect(reference, signal);
  if (!details.ok) return engineFailure(details.error, `looking at ${reference}`);
  const { id, size, created } = details.value;
  emit({
    kind: 'stage-finished',
    image: entry.name,
    stage: 'build',
    durationMs: elapsed(context.clock, started),
    imageId: id,
    size,
    summary: 'pulled',
  });
  return done({ id, size, created, passed: entry.published?.passed ?? false });
}
