/**
 * The part of the Kubernetes API that a hub needs in order to read its users' namespaces: `GET
 * /api/v1/namespaces/NAME` over TLS with a service account's token, answers and errors as the API server gives them.
 * It keeps what it was asked, and has no pods.
 */
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';

export interface KubernetesSetup {
  readonly address: string;
  readonly port: number;
  readonly certificate: string;
  readonly key: string;
  /** The service account's. */
  readonly token: string;
  /** Namespaces and their annotations. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

const namespacePath = /^\/api\/v1\/namespaces\/([a-z0-9-]+)$/;

export class KubernetesApi implements AsyncDisposable {
  readonly #setup: KubernetesSetup;
  readonly #server;
  readonly #requests: string[] = [];

  private constructor(setup: KubernetesSetup) {
    this.#setup = setup;
    this.#server = createServer({ cert: setup.certificate, key: setup.key }, (request, response) =>
      this.#serve(request, response),
    );
  }

  /** Begins to listen; answers the reason as a sentence where that cannot be had. */
  static async listen(setup: KubernetesSetup, signal: AbortSignal): Promise<Result<KubernetesApi, string>> {
    const api = new KubernetesApi(setup);
    return new Promise((resolve) => {
      api.#server.once('error', (error) => resolve(err(error.message)));
      api.#server.listen({ host: setup.address, port: setup.port, signal }, () => resolve(ok(api)));
      signal.addEventListener('abort', () => resolve(err('cancelled')), { once: true });
    });
  }

  /** `GET /api/v1/namespaces/ada: 200`, oldest first. */
  get requests(): readonly string[] {
    return this.#requests;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { status, body } = this.#answer(request);
    this.#requests.push(`${request.method ?? ''} ${request.url ?? ''}: ${status}`);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  #answer(request: IncomingMessage): { status: number; body: unknown } {
    if (request.headers.authorization !== `Bearer ${this.#setup.token}`) {
      return failure(401, 'Unauthorized', 'Unauthorized');
    }
    const name = namespacePath.exec(request.url ?? '')?.[1];
    if (request.method !== 'GET' || name === undefined) {
      return failure(403, 'Forbidden', `${request.method} ${request.url} is forbidden`);
    }
    const annotations = this.#setup.namespaces.get(name);
    if (annotations === undefined) return failure(404, 'NotFound', `namespaces "${name}" not found`);
    return {
      status: 200,
      body: {
        kind: 'Namespace',
        apiVersion: 'v1',
        metadata: { name, annotations },
        status: { phase: 'Active' },
      },
    };
  }
}

/** As the API server refuses: kind Status. */
function failure(code: number, reason: string, message: string): { status: number; body: unknown } {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
  };
}
