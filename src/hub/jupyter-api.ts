/**
 * A user's server as a program with a token sees it: Jupyter's REST API, one question at a time. It keeps nothing
 * and judges nothing.
 */
import { jsonIn } from '../../registry/parse-json.ts';
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

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Beneath the user's prefix: `api/kernels`. */
  readonly api: string;
  /** Travels as JSON. */
  readonly body?: object;
  readonly timeoutMs?: number;
}

/**
 * Asks a question. JupyterHub's older server class wants, even of those who show a token, the proof that pages give
 * (`_xsrf`, as cookie and as header); where that is what is missing, it is fetched and the question asked once more.
 */
export async function askServer(
  server: ServerAddress,
  question: Question,
  signal: AbortSignal,
): Promise<Result<HttpAnswer, HttpTrouble>> {
  const answered = await ask(server, question, {}, signal);
  if (question.method === 'GET' || !answered.ok || !lacksProof(answered.value)) return answered;
  const front = await ask(server, { method: 'GET', api: 'lab' }, {}, signal);
  const cookie = front.ok ? xsrfCookie(front.value) : undefined;
  if (cookie === undefined) return answered;
  const proof = { cookie: `_xsrf=${cookie}`, 'x-xsrftoken': cookie };
  return ask(server, question, proof, signal);
}

function lacksProof({ status, body }: HttpAnswer): boolean {
  return status === 403 && body.includes('_xsrf');
}

function xsrfCookie({ headers }: HttpAnswer): string | undefined {
  return headers['set-cookie']?.map((line) => /^_xsrf=([^;]+)/.exec(line)?.[1]).find(Boolean);
}

async function ask(
  server: ServerAddress,
  { method, api, body, timeoutMs }: Question,
  proof: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Result<HttpAnswer, HttpTrouble>> {
  return exchange(
    {
      secure: server.secure ?? false,
      host: server.host,
      port: server.port,
      method,
      path: server.servicePrefix + api,
      headers: { ...tokenHeader(server), ...proof, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    signal,
  );
}

/** How a program shows its token to a user’s server. */
export function tokenHeader({ token }: Pick<ServerAddress, 'token'>): Record<string, string> {
  return { authorization: `token ${token}` };
}

/** The answer's body as JSON; undefined where it is none. */
export function jsonOf({ body }: Pick<HttpAnswer, 'body'>): unknown {
  return jsonIn(body);
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
