/**
 * A user's server as a program with a token sees it: Jupyter's REST API, one question at a time. It keeps nothing
 * and judges nothing.
 */
import type { Result } from '../core/result.ts';
import { exchange } from './http-exchange.ts';
import type { HttpAnswer, HttpTrouble } from './http-exchange.ts';

export interface ServerAddress {
  /** Over TLS. */
  readonly secure?: boolean;
  readonly host: string;
  readonly port: number;
  /** `/user/NAME/` */
  readonly servicePrefix: string;
  readonly token: string;
}

/** Asks for `api` beneath the user's prefix (`api/kernels`). A body travels as JSON. */
export async function askServer(
  server: ServerAddress,
  question: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    readonly api: string;
    readonly body?: object;
    readonly timeoutMs?: number;
  },
  signal: AbortSignal,
): Promise<Result<HttpAnswer, HttpTrouble>> {
  const { method, api, body, timeoutMs } = question;
  return exchange(
    {
      secure: server.secure ?? false,
      host: server.host,
      port: server.port,
      method,
      path: server.servicePrefix + api,
      headers: { ...tokenHeader(server), 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    signal,
  );
}

export function tokenHeader({ token }: Pick<ServerAddress, 'token'>): Record<string, string> {
  return { authorization: `token ${token}` };
}

/** The answer's body as JSON; undefined where it is none. */
export function jsonOf({ body }: Pick<HttpAnswer, 'body'>): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** A field of something that may not even be an object. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** The same where only a string will do. */
export function textField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}
