/**
 * Tries again what is worth it: the passing troubles of a registry or of the way to it, with growing,
 * jittered pauses, and never sooner than the registry asks. Knows nothing of what is being asked.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { cancelled, retryAfter, type Failed } from './error.ts';
import type { Answer, HttpRequest, Send } from './transport.ts';

export interface RetryPolicy {
  /** How often a request is sent at most. */
  readonly attempts: number;
  /** Upper bound of the first pause; each further one doubles, up to `maxMs`. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** A registry that asks for a longer pause than this is not waited for. */
  readonly maxRetryAfterMs: number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly now: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

export const defaultRetryPolicy: RetryPolicy = {
  attempts: 4,
  baseMs: 400,
  maxMs: 10_000,
  maxRetryAfterMs: 60_000,
  random: Math.random,
  now: Date.now,
  sleep: async (ms, signal) => {
    await pause(ms, undefined, { signal });
  },
};

const PASSING = new Set([408, 429, 500, 502, 503, 504]);
// Wrong protocol or a certificate that is not trusted: it will be so in a second, too.
const LASTING = /^ERR_SSL_|^ERR_TLS_|CERT|SIGNATURE/;

/**
 * The same Send with retries. POST and PATCH are sent again only on 429, which says that nothing was done, or where they change nothing;
 * everything else that we send is idempotent. The last outcome is the one that is answered.
 */
export function withRetries(send: Send, policy: RetryPolicy): Send {
  return async (request, signal) => {
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await send(request, signal);
      if (attempt >= policy.attempts || !isPassing(request, outcome)) return outcome;
      const asked = outcome.kind === 'answer' ? retryAfter(outcome.headers, policy.now()) : undefined;
      if (asked !== undefined && asked > policy.maxRetryAfterMs) return outcome;
      try {
        await policy.sleep(Math.max(asked ?? 0, jitteredPause(attempt, policy)), signal);
      } catch (error) {
        if (signal.aborted) return cancelled(request.host);
        throw error;
      }
    }
  };
}

/** For what is begun anew as a whole: how often, and the pause before it. */
export interface Again {
  readonly attempts: number;
  /** Ends early with the signal; what is sent afterwards tells of that. */
  readonly pause: (attempt: number, signal: AbortSignal) => Promise<void>;
}

/** The policy's attempts and pauses, for work of several requests. */
export function againAfter(policy: RetryPolicy): Again {
  return {
    attempts: policy.attempts,
    async pause(attempt, signal) {
      try {
        await policy.sleep(jitteredPause(attempt, policy), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
}

function jitteredPause(attempt: number, policy: RetryPolicy): number {
  const bound = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1));
  // Never less than half, or the tries of a short outage would all be spent within it.
  return bound / 2 + (policy.random() * bound) / 2;
}

function isPassing(request: HttpRequest, outcome: Answer | Failed): boolean {
  if ((request.method === 'POST' || request.method === 'PATCH') && request.isRepeatable !== true)
    return outcome.kind === 'answer' && outcome.status === 429;
  if (outcome.kind === 'answer') return PASSING.has(outcome.status);
  const { error } = outcome;
  return error.kind === 'unreachable' && !LASTING.test(error.code ?? '');
}
