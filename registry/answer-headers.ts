/**
 * An answer's headers, looked up by name. Not the global Headers: asking for that loads all of Node's fetch, which
 * takes longer than a request.
 */
import type { IncomingMessage } from 'node:http';

export interface AnswerHeaders {
  /** Values under one name, joined as RFC 9110 joins them; null where there is none. The name is in lower case. */
  get(name: string): string | null;
}

/** Keeps each value of a header that came twice: whoever reads one sees that it is not what was expected. */
export function headersOf({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): AnswerHeaders {
  return { get: (name) => headersDistinct[name]?.join(', ') ?? null };
}
