/**
 * Turns what goes wrong between us and an engine into EngineError. It reads status codes and
 * system error codes; message texts only where the engine gives nothing else. Decides nothing
 * about retries or exit codes.
 */
import type { EngineAddress } from '../engine-address.ts';
import type { EngineError } from '../engine.ts';

/** System and HTTP client codes that mean: nobody answers there, or they went away. */
const unreachableCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'ENOTSOCK',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]);

/** What a socket answers that another user's is. */
const deniedCodes: ReadonlySet<string> = new Set(['EACCES', 'EPERM']);

/** A reply that is not what the engine's API promises; told to the caller as `failed`. */
export class MalformedReply extends Error {
  readonly code = 'ERR_ENGINE_REPLY';
}

/** What was given as the engine's address is none; nothing can answer there. */
export class NoAddress extends Error {
  readonly code = 'ENOTFOUND';
}

/** The error for an HTTP status of 400 or more; `message` is the engine's own. */
export function errorOfStatus(status: number, message: string): EngineError {
  if (status === 404) return { kind: 'not-found', message };
  if (status === 409) return { kind: 'conflict', message };
  if (status === 401 || status === 403) return { kind: 'refused', message };
  return { kind: 'failed', message: message === '' ? `the engine answered with status ${status}` : message };
}

/**
 * The error for something thrown by a request or by reading its answer. Our own signal wins over
 * whatever the torn connection says. Rethrows what carries no error code: that is a bug.
 */
export function errorOfException(cause: unknown, signal: AbortSignal, engine: EngineAddress): EngineError {
  if (signal.aborted) return cancelledError;
  const code = codeOf(cause);
  if (!(cause instanceof Error) || code === undefined) throw cause;
  if (engine.kind === 'lost')
    return { kind: 'unreachable', message: engine.trouble, chosenBy: engine.chosenBy };
  const { address, chosenBy } = engine;
  if (deniedCodes.has(code))
    return { kind: 'not-allowed', message: `this user may not ask the container engine at ${address}` };
  if (unreachableCodes.has(code) || code.startsWith('HPE_')) {
    const at = `no container engine answers at ${address}`;
    if (chosenBy === undefined) return { kind: 'unreachable', message: `${at}: ${cause.message}` };
    const message = `${at}, which ${chosenBy.name} names: ${cause.message}`;
    return { kind: 'unreachable', message, chosenBy };
  }
  return { kind: 'failed', message: cause.message };
}

export const cancelledError: EngineError = { kind: 'cancelled', message: 'cancelled' };

/** The `code` of a Node error, if it has one. */
export function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

/**
 * The error for what a pull, push, import or build told in words. The engine passes a registry's refusal
 * on as text alone: the error codes UNAUTHORIZED and DENIED of the OCI distribution specification as its
 * registry client prints them, the registry's status line (containerd store), or its own words for
 * having been given no credentials.
 */
export function errorOfTransfer(message: string, code?: number): EngineError {
  if (code === 401 || code === 403) return { kind: 'refused', message };
  const refused =
    /(^|: )(unauthorized|denied|no basic auth credentials)\b|: (401 Unauthorized|403 Forbidden)$/i.test(
      message,
    );
  return { kind: refused ? 'refused' : 'failed', message };
}
