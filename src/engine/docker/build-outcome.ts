/** What a build came to, whichever way it was asked for; what that means for an image is build.ts's. */
import type { EngineError } from '../engine.ts';
import type { FailedStep } from './build-trace.ts';

export type Outcome =
  | { readonly kind: 'built'; readonly id: string }
  | { readonly kind: 'failed'; readonly error: EngineError; readonly step: FailedStep | undefined }
  /** Nobody said how the build ended. */
  | { readonly kind: 'broken'; readonly error: EngineError };

/** The engine says that it has built, and what. */
export function built(id: string | undefined): Outcome {
  if (id !== undefined) return { kind: 'built', id };
  return { kind: 'broken', error: { kind: 'failed', message: 'the build ended without an image' } };
}

/** The engine says that the build has failed, and perhaps at which step. */
export function failed(error: EngineError, step: FailedStep | undefined): Outcome {
  return { kind: 'failed', error, step };
}

/** The connection ended before the build did. Where the engine is still there, a step that has failed tells why. */
export function brokenOff(error: EngineError, step?: FailedStep): Outcome {
  return error.kind === 'failed' && step !== undefined ? failed(error, step) : { kind: 'broken', error };
}
