/**
 * A hub, its proxy and one user's server as a program with a token sees them (JupyterHub 5's REST API), with faults on
 * demand. It starts nothing; it counts what it was asked.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type HubFault =
  /** Takes no token. */
  | 'token'
  /** The user's server runs already. */
  | 'running'
  /** The start fails, as the hub's progress tells. */
  | 'start'
  /** The start never ends. */
  | 'pending'
  /** Something answers in the server's place that is no server of a hub. */
  | 'impostor';

export class FakeHub implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly token = 'right-token';
  #state: 'none' | 'pending' | 'ready' = 'none';
  readonly #fault: HubFault | undefined;
  readonly #server: Server;

  private constructor(fault: HubFault | undefined) {
    this.#fault = fault;
    if (fault === 'running') this.#state = 'ready';
    this.#server = createServer((request, response) => this.#serve(request, response));
  }

  static async start(fault?: HubFault): Promise<FakeHub> {
    const hub = new FakeHub(fault);
    hub.#server.listen(0, '127.0.0.1');
    await once(hub.#server, 'listening');
    return hub;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
    return `http://127.0.0.1:${port}/jupyter`;
  }

  /** Whether the user has a server, or is getting one. */
  get busy(): boolean {
    return this.#state !== 'none';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const question = `${request.method} ${request.url}`;
    this.requests.push(question);
    const answer = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    };
    if (question === 'GET /jupyter/hub/api/') return answer(200, { version: '5.5.0' });
    if (request.headers.authorization !== `token ${this.token}` || this.#fault === 'token') {
      return answer(403, { status: 403, message: 'Missing or invalid credentials.' });
    }
    switch (question) {
      case 'GET /jupyter/hub/api/user':
        return answer(200, { kind: 'user', name: 'probe', scopes: ['self'] });
      case 'GET /jupyter/hub/api/users/probe':
        return answer(200, { name: 'probe', servers: this.#servers() });
      case 'POST /jupyter/hub/api/users/probe/server':
        this.#state = 'pending';
        return answer(202, '');
      case 'DELETE /jupyter/hub/api/users/probe/server':
        this.#state = 'none';
        return answer(204, '');
      case 'GET /jupyter/hub/api/users/probe/server/progress':
        return this.#progress(response);
      case 'GET /jupyter/user/probe/api':
        return this.#fault === 'impostor'
          ? answer(200, 'It works!')
          : answer(200, { version: '2' }, { 'X-JupyterHub-Version': '5.5.0' });
      default:
        return answer(404, { status: 404 });
    }
  }

  #progress(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: {"progress": 0, "message": "Server requested"}\n\n');
    if (this.#fault === 'pending') return;
    const failed = this.#fault === 'start';
    this.#state = failed ? 'none' : 'ready';
    const last = failed
      ? { progress: 100, failed: true, message: 'Spawn failed: no such image' }
      : { progress: 100, ready: true, message: 'Server ready' };
    response.end(`data: ${JSON.stringify(last)}\n\n`);
  }

  #servers(): object {
    if (this.#state === 'none') return {};
    const ready = this.#state === 'ready';
    return { '': { name: '', ready, pending: ready ? null : 'spawn', url: '/jupyter/user/probe/' } };
  }
}
