/** Tells an image that cannot be started from an engine that could not start it. */
import type { EngineError } from '../engine/engine.ts';

/** The runtime's words for a program that cannot be executed, and for a user that the image does not know. */
const imageFaults = [
  /\bexec:? .*(executable file not found|exec format error|no such file or directory|permission denied|(is|not) a directory)/i,
  /unable to find user|no matching entries in passwd/i,
];

/** True where the engine made no container, for the image names no program and none was given. */
export function namesNoProgram(error: EngineError): boolean {
  return error.kind === 'failed' && /\bno command specified\b/i.test(error.message);
}

/**
 * True where a refused start is the image's own doing: its entry point is missing, not executable, or made
 * for another machine. The engine gives no code of its own for that, so its words have to do.
 */
export function isStartFault(error: EngineError): boolean {
  return (
    error.kind !== 'unreachable' &&
    error.kind !== 'cancelled' &&
    imageFaults.some((words) => words.test(error.message))
  );
}
