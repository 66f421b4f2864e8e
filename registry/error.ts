/**
 * What can go wrong between us and a registry, as one discriminated union.
 * Only tells; whether a trouble is worth another try is retry.ts, whether it stops a run the caller's business.
 * 404 is not here: that something is absent is an answer, and nothing else ever counts as "absent".
 */
import type { AnswerHeaders } from './answer-headers.ts';
import { oldNameRemark } from './google.ts';
import { parseJson } from './parse-json.ts';
import { errorBodySchema } from './schema.ts';

interface Trouble {
  /** The host that was asked, as in references (`docker.io`, `localhost:5000`). */
  readonly host: string;
  /** One sentence for the user, without secrets. */
  readonly message: string;
}

export type RegistryError =
  /** No connection, a connection cut in the middle, or no answer in time. */
  | (Trouble & { readonly kind: 'unreachable'; readonly code?: string })
  /** 401: no login, or one that the registry does not take. */
  | (Trouble & { readonly kind: 'unauthorized'; readonly status: 401 })
  /** 403: the login is good, the right is missing. */
  | (Trouble & { readonly kind: 'forbidden'; readonly status: 403 })
  /** 429: asked too often; `retryAfterMs` when the registry said for how long. */
  | (Trouble & { readonly kind: 'rate-limited'; readonly status: 429; readonly retryAfterMs?: number })
  /** 5xx: the registry's own trouble. */
  | (Trouble & { readonly kind: 'server'; readonly status: number })
  /** Another 4xx: the registry understood, and declined (`code` is its own, e.g. MANIFEST_BLOB_UNKNOWN). */
  | (Trouble & { readonly kind: 'rejected'; readonly status: number; readonly code?: string })
  /** An answer that breaks the protocol: wrong digest, endless list, a redirect where none may be. */
  | (Trouble & { readonly kind: 'invalid-answer'; readonly status?: number })
  /** Our own signal. */
  | (Trouble & { readonly kind: 'cancelled' });

export interface Failed {
  readonly kind: 'failed';
  readonly error: RegistryError;
}

/** An answer that is none: this is why. */
export function failed(error: RegistryError): Failed {
  return { kind: 'failed', error };
}

/** The host answered what the specification does not know; `message` says what. */
export function invalidAnswer(host: string, message: string): Failed {
  return failed({ kind: 'invalid-answer', host, message: `${host}: ${message}` });
}

/** The caller gave up before this host had answered. */
export function cancelled(host: string): Failed {
  return failed({ kind: 'cancelled', host, message: `${host}: cancelled` });
}

/** What errors are made of: an answer whose status is not the one that was hoped for. */
export interface StatusAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly body: Uint8Array;
  /** From a host that the registry sent us on to. */
  readonly fromElsewhere: boolean;
}

/**
 * The error that an answer stands for. `what` says what was tried, as in `reading a/b:1`.
 * The registry's own words (OCI distribution specification, error codes) are kept, cut and cleaned.
 */
export function errorOfAnswer(host: string, what: string, answer: StatusAnswer, nowMs: number): Failed {
  const { status } = answer;
  // A storage host's "not found" or "forbidden" tells of a signature or of what was lost there, not of our rights.
  if (answer.fromElsewhere && status >= 400 && status < 500 && status !== 429)
    return invalidAnswer(host, `${what} failed: the host that it sent us on to answered ${status}`);
  const said = registrysWords(answer.body);
  const remark = status === 403 || status === 404 ? oldNameRemark(host) : undefined;
  const message = `${host}: ${what} failed with ${status}${said.text === '' ? '' : ` (${said.text})`}${remark === undefined ? '' : `; ${remark}`}`;
  if (status === 401) return failed({ kind: 'unauthorized', status, host, message });
  if (status === 403) return failed({ kind: 'forbidden', status, host, message });
  if (status === 429) {
    const retryAfterMs = retryAfter(answer.headers, nowMs);
    return failed({
      kind: 'rate-limited',
      status,
      host,
      message,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  if (status >= 500) return failed({ kind: 'server', status, host, message });
  if (status >= 400) {
    return failed({
      kind: 'rejected',
      status,
      host,
      message,
      ...(said.code === undefined ? {} : { code: said.code }),
    });
  }
  return failed({ kind: 'invalid-answer', status, host, message });
}

/** `Retry-After` in milliseconds from now (RFC 9110, section 10.2.3: seconds or a date); undefined if absent or senseless. */
export function retryAfter(headers: AnswerHeaders, nowMs: number): number | undefined {
  const text = headers.get('retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

/** A registry that is confused, or means ill, may say again what it was sent: logins and tokens. */
const credentials = [
  // A word that follows is only a credential where it looks like one.
  /\b((?:Basic|Bearer)\s+)(?:(?=[\w+/=.~-]*[\d=+/])[\w+/=.~-]{4,}|[\w+/=.~-]{24,})/gi,
  /\b(ey)J[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g,
];

/** Text from outside as it may stand in a message: one line, no control characters, no credentials, not endless. */
export function cleanText(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
  return credentials.reduce((clean, pattern) => clean.replaceAll(pattern, '$1***'), line).slice(0, 300);
}

function registrysWords(body: Uint8Array): { text: string; code?: string } {
  const parsed = parseJson(errorBodySchema, body);
  const first = parsed?.errors?.[0];
  if (first !== undefined) {
    const text = cleanText([first.code, first.message].filter((part) => part !== undefined).join(': '));
    return first.code === undefined ? { text } : { text, code: cleanText(first.code) };
  }
  return { text: cleanText(parsed?.details ?? '') };
}
