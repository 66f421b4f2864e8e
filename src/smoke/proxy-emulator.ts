/**
 * The part of configurable-http-proxy's API that a hub needs in order to start: a table of routes, kept and
 * told. It forwards nothing. It stands in where no proxy of the family is at hand.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import { readJson } from './read-json.ts';

export const proxyApiPort = 8001;

const apiBase = '/api/routes';
const maxBodyBytes = 64 * 1024;
const maxRoutes = 1000;

export class ProxyEmulator implements AsyncDisposable {
  readonly #token: string;
  readonly #routes = new Map<string, unknown>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(token: string) {
    this.#token = token;
    this.#server.requestTimeout = 15_000;
  }

  /** Begins to listen; answers the reason as a sentence where that cannot be had. Port 0 takes any. */
  static async listen(
    options: { readonly address: string; readonly port: number; readonly token: string },
    signal: AbortSignal,
  ): Promise<Result<ProxyEmulator, string>> {
    const emulator = new ProxyEmulator(options.token);
    return new Promise((resolve) => {
      emulator.#server.once('error', (error) => resolve(err(error.message)));
      emulator.#server.listen({ host: options.address, port: options.port, signal }, () =>
        resolve(ok(emulator)),
      );
      signal.addEventListener('abort', () => resolve(err('cancelled')), { once: true });
    });
  }

  /** The port that it listens on. */
  get port(): number {
    // A server that listens on TCP has an AddressInfo; a string or null means a pipe or no listener.
    return (this.#server.address() as AddressInfo).port;
  }

  /** The paths that the hub has routed so far. */
  get routes(): readonly string[] {
    return [...this.#routes.keys()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (request.headers.authorization !== `token ${this.#token}`) return answer(response, 403);
    if (!path.startsWith(apiBase)) return answer(response, 404);
    const route = path.slice(apiBase.length) || '/';
    switch (request.method) {
      case 'GET':
        return answer(response, 200, Object.fromEntries(this.#routes));
      case 'POST': {
        const target = await readJson(request, maxBodyBytes);
        if (target === undefined || this.#routes.size >= maxRoutes) return answer(response, 400);
        this.#routes.set(route, target);
        return answer(response, 201);
      }
      case 'DELETE':
        return answer(response, this.#routes.delete(route) ? 204 : 404);
      default:
        return answer(response, 405);
    }
  }
}

function answer(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
