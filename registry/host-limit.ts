/**
 * Keeps the number of requests that one host has to answer at a time within bounds: registries throttle or cut
 * those who ask for a thousand things at once. Knows nothing of what is asked.
 */
import pLimit, { type LimitFunction } from 'p-limit';
import { cancelled } from './error.ts';
import type { Send } from './transport.ts';

/** The same Send with at most `perHost` requests under way to a host; the others wait their turn, or for their signal. */
export function withHostLimit(send: Send, perHost: number): Send {
  const limits = new Map<string, LimitFunction>();
  return async (request, signal) => {
    const limit = limits.get(request.url.host) ?? pLimit(perHost);
    limits.set(request.url.host, limit);
    return limit(async () => (signal.aborted ? cancelled(request.host) : send(request, signal)));
  };
}
