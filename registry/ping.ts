/**
 * Asks a host whether it is a registry and which login it wants (OCI distribution specification, end-1).
 * Keeps nothing; session.ts remembers.
 */
import { readChallenge, type Challenge } from './challenge.ts';
import { errorOfAnswer, invalidAnswer, type Failed } from './error.ts';
import { baseUrl, type Send } from './transport.ts';

const MAX_PING_BYTES = 64 * 1024;

export interface PingOptions {
  readonly send: Send;
  readonly insecure: readonly string[];
  readonly now: () => number;
}

/** GET /v2/ without a login. 200 means that none is wanted for this; 401 says which. */
export async function pingRegistry(
  registry: string,
  options: PingOptions,
  signal: AbortSignal,
): Promise<Challenge | Failed> {
  const url = new URL('/v2/', baseUrl(registry, options.insecure));
  const answer = await options.send(
    { method: 'GET', url, host: registry, headers: {}, maxBytes: MAX_PING_BYTES },
    signal,
  );
  if (answer.kind === 'failed') return answer;
  if (answer.fromElsewhere)
    return invalidAnswer(registry, 'it sends us to another host: this is not a registry');
  if (answer.status === 200) return { kind: 'open' };
  if (answer.status === 404) return invalidAnswer(registry, 'there is no registry (GET /v2/ answers 404)');
  if (answer.status !== 401) return errorOfAnswer(registry, 'GET /v2/', answer, options.now());
  return (
    readChallenge(answer.headers) ??
    invalidAnswer(registry, 'it wants a login of a kind that is not known here')
  );
}
