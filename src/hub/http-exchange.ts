/**
 * One HTTP exchange with a server that nobody vouches for: bounded in time and in bytes, trouble as a value.
 * It follows no redirect, keeps no cookie and reuses no connection; `browser.ts` does the first two.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { patient } from './patience.ts';

export interface HttpQuestion {
  readonly method?: string;
  /** Over TLS; the certificate has to be good. */
  readonly secure?: boolean;
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, body included. */
  readonly timeoutMs?: number;
  /** What is read of the body before the connection is closed. */
  readonly maxBytes?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** True when the body was longer than was read. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

export interface HttpTrouble {
  /** `refused`: nobody listens. `mute`: it listens and did not answer in time. `garbled`: no HTTP, or broken off. */
  readonly kind: 'refused' | 'unreachable' | 'mute' | 'garbled' | 'cancelled';
  readonly message: string;
}

const defaultTimeoutMs = 10_000;
const defaultMaxBytes = 1024 * 1024;

/**
 * Asks one question.
 * A body over the bound is cut, not an error: `truncated` tells. Aborting `signal` answers `cancelled`.
 */
export async function exchange(
  question: HttpQuestion,
  signal: AbortSignal,
): Promise<Result<HttpAnswer, HttpTrouble>> {
  const started = performance.now();
  const timeoutMs = Math.ceil(question.timeoutMs ?? patient(defaultTimeoutMs));
  const deadline = AbortSignal.timeout(timeoutMs);
  const both = AbortSignal.any([signal, deadline]);
  try {
    const response = await send(question, both);
    const body = await readBounded(response, question.maxBytes ?? defaultMaxBytes);
    // A body whose end is the connection's has ended, for Node, where we gave up on it.
    if (!body.truncated) both.throwIfAborted();
    return ok({
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: body.text,
      truncated: body.truncated,
      durationMs: performance.now() - started,
    });
  } catch (error) {
    if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
    if (deadline.aborted) {
      return err({ kind: 'mute', message: `no complete answer within ${(timeoutMs / 1000).toFixed(1)} s` });
    }
    return err(troubleOf(error));
  }
}

function send(question: HttpQuestion, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = (question.secure === true ? httpsRequest : httpRequest)(
      {
        agent: false,
        host: question.host,
        port: question.port,
        method: question.method ?? 'GET',
        path: question.path,
        headers: { connection: 'close', ...question.headers },
        signal,
      },
      resolve,
    );
    outgoing.on('error', reject);
    outgoing.end(question.body);
  });
}

async function readBounded(
  response: IncomingMessage,
  maxBytes: number,
): Promise<{ text: string; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes) {
      // Leaving the loop destroys the response, and with it the connection.
      break;
    }
  }
  return { text: Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8'), truncated: size > maxBytes };
}

/** Why a connection failed, from what Node threw. */
export function troubleOf(error: unknown): HttpTrouble {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNREFUSED') return { kind: 'refused', message: 'connection refused' };
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT') {
    return { kind: 'unreachable', message };
  }
  return { kind: 'garbled', message };
}
