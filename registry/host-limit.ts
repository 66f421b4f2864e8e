/**
 * Keeps the number of requests that one host has to answer at a time within bounds: registries throttle or cut
 * those who ask for a thousand things at once. Knows nothing of what is asked.
 */
import { cancelled } from './error.ts';
import { KeyedLimit } from './keyed-limit.ts';
import type { Send } from './transport.ts';

/** The same Send with at most `perHost` requests under way to a host; the others wait their turn, or for their signal. */
export function withHostLimit(send: Send, perHost: number): Send {
  const limit = new KeyedLimit(perHost);
  return (request, signal) =>
    limit.run(
      request.url.host,
      () => send(request, signal),
      () => cancelled(request.host),
      signal,
    );
}
