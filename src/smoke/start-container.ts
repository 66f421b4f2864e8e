/**
 * Starts a container that was made, a second time where the engine's runtime failed at the first: on a machine that is
 * full of work runc may lose its own child. Judges nothing.
 */
import type { Result } from '../core/result.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';
import { pause } from './pause.ts';
import { isStartFault } from './start-fault.ts';

/** Longer than the moment that such trouble takes, and nothing beside what a start costs. */
const againAfterMs = 1000;

/** As the engine's own `startContainer`. What the image did wrong, and an engine that is gone, are not tried again. */
export async function startContainer(
  engine: Pick<ContainerEngine, 'startContainer'>,
  id: string,
  signal: AbortSignal,
): Promise<Result<void, EngineError>> {
  const started = await engine.startContainer(id, signal);
  if (started.ok || started.error.kind !== 'failed' || isStartFault(started.error)) return started;
  return (await pause(againAfterMs, signal)) ? await engine.startContainer(id, signal) : started;
}
