/**
 * A hub with many users' servers (JupyterHub 5's REST API: users in pages, servers that are stopped), and the cluster's
 * list of their pods (Kubernetes' own pages). It starts nothing; it counts what it was asked.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BusyServer {
  readonly user: string;
  readonly name?: string;
  readonly started: string;
  readonly lastActivity: string;
  readonly ready?: boolean;
  /** Of its pod. */
  readonly images?: readonly string[];
}

export class BusyHub implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly token = 'right-token';
  /** Users a page, whatever is asked for. */
  readonly #pageSize: number;
  readonly #servers: BusyServer[];
  readonly #mayDelete: boolean;
  readonly #http: Server;

  private constructor(servers: readonly BusyServer[], pageSize: number, mayDelete: boolean) {
    this.#servers = [...servers];
    this.#pageSize = pageSize;
    this.#mayDelete = mayDelete;
    this.#http = createServer((request, response) => this.#serve(request, response));
  }

  static async start(
    servers: readonly BusyServer[],
    { pageSize = 2, mayDelete = true } = {},
  ): Promise<BusyHub> {
    const hub = new BusyHub(servers, pageSize, mayDelete);
    hub.#http.listen(0, '127.0.0.1');
    await once(hub.#http, 'listening');
    return hub;
  }

  /** Of the hub's pages, and of the cluster's API as well. */
  get url(): string {
    const { port } = this.#http.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
    return `http://127.0.0.1:${port}`;
  }

  /** A kubeconfig for the cluster. */
  get kubeconfig(): string {
    return `apiVersion: v1
kind: Config
current-context: rig
clusters: [{ name: rig, cluster: { server: "${this.url}", insecure-skip-tls-verify: true } }]
contexts: [{ name: rig, context: { cluster: rig, user: rig } }]
users: [{ name: rig, user: { token: cluster-token } }]
`;
  }

  get running(): readonly string[] {
    return this.#servers.map(({ user, name = '' }) => (name === '' ? user : `${user}/${name}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    const answer = (status: number, body: unknown): void => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(body === undefined ? '' : JSON.stringify(body));
    };
    const url = new URL(request.url ?? '', this.url);
    if (url.pathname === '/api/v1/namespaces/jupyter/pods') return answer(200, this.#pods(url));
    if (request.headers.authorization !== `token ${this.token}`)
      return answer(403, { status: 403, message: 'Missing or invalid credentials.' });
    if (request.method === 'GET' && url.pathname === '/hub/api/users') return answer(200, this.#users(url));
    const [, user, name] = /^\/hub\/api\/users\/([^/]+)\/servers?(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    if (request.method !== 'DELETE' || user === undefined) return answer(404, { status: 404 });
    if (!this.#mayDelete) return answer(403, { status: 403, message: 'Action is not authorized' });
    const at = this.#servers.findIndex(
      (each) => each.user === decodeURIComponent(user) && (each.name ?? '') === (name ?? ''),
    );
    if (at >= 0) this.#servers.splice(at, 1);
    return answer(at >= 0 ? 204 : 404, undefined);
  }

  #users(url: URL): object {
    const names = [...new Set(this.#servers.map(({ user }) => user))];
    const offset = Number(url.searchParams.get('offset'));
    const limit = Math.min(Number(url.searchParams.get('limit')), this.#pageSize);
    const next = offset + limit < names.length ? { offset: offset + limit, limit } : null;
    return {
      items: names.slice(offset, offset + limit).map((user) => ({ name: user, servers: this.#of(user) })),
      _pagination: { offset, limit, total: names.length, next },
    };
  }

  #of(user: string): object {
    const own = this.#servers.filter((server) => server.user === user);
    return Object.fromEntries(
      own.map(({ name = '', started, lastActivity, ready = true }) => [
        name,
        { name, ready, pending: ready ? null : 'spawn', started, last_activity: lastActivity },
      ]),
    );
  }

  #pods(url: URL): object {
    const start = Number(url.searchParams.get('continue') ?? '0');
    const end = start + this.#pageSize;
    const items = this.#servers.slice(start, end).map(({ user, name = '', images = [] }) => ({
      metadata: {
        name: `jupyter-${user}`,
        annotations: { 'hub.jupyter.org/username': user, 'hub.jupyter.org/servername': name },
      },
      spec: { containers: images.map((image, at) => ({ name: `c${at}`, image })) },
    }));
    const more = end < this.#servers.length ? { continue: String(end) } : {};
    return { apiVersion: 'v1', kind: 'PodList', metadata: more, items };
  }
}
