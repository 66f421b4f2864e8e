/** Tells what ends a test from what only leaves a look at an image without an answer. Pure. */
import type { EngineError } from '../engine/engine.ts';

/** Whether the engine is gone, or nobody wants to know any more; anything else is told of the container or the path. */
export function isEngineTrouble({ kind }: EngineError): boolean {
  return kind === 'unreachable' || kind === 'cancelled';
}
