/** The layers of an image of this run, from the engine where it has the bytes, else from the registry. */
import type { Bytes } from './build-stage.ts';
import { engineFailure } from './failure.ts';
import { publishedLayers } from './published-manifest.ts';
import { done, type RunContext, type StageResult } from './run-context.ts';

/** Digests of its unpacked layers; undefined where nobody has the image any more. */
export async function layersOfImage(
  context: RunContext,
  name: string,
  bytes: Bytes | undefined,
  digest: string | undefined,
  signal: AbortSignal,
): Promise<StageResult<ReadonlySet<string> | undefined>> {
  if (bytes !== undefined) {
    const details = await context.engine.images.inspect(bytes.id, signal);
    return details.ok
      ? done(new Set(details.value.diffIds))
      : engineFailure(details.error, `looking at ${name}`);
  }
  const target = context.drawn.set.registry;
  if (target === undefined || digest === undefined) return done(undefined);
  const layers = await publishedLayers(context, { target, name }, digest, signal);
  return layers.kind === 'ok' ? done(layers.value && new Set(layers.value)) : layers;
}
