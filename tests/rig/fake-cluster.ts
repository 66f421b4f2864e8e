/**
 * A Kubernetes API server as far as prepull asks one, over the real protocol: lists in pages, watches that go on from a
 * resourceVersion, server-side apply, and on demand 403, 409, 410, 429 and being away. In the place of controllers and
 * kubelets it gives each node a pod at once, in the state that the test asks for. It counts what it was asked.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type FakePull = 'ready' | 'pulling' | { readonly reason: string; readonly message: string };

/** PEM. */
export interface ServerCertificate {
  readonly key: string;
  readonly cert: string;
}

interface FakeObject {
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
  readonly [key: string]: unknown;
}

interface Entry {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly collection: string;
  readonly object: FakeObject;
}

interface Watcher {
  readonly collection: string;
  readonly response: ServerResponse;
}

const sets = '/apis/apps/v1/namespaces/default/daemonsets';
const pods = '/api/v1/namespaces/default/pods';
const nodes = '/api/v1/nodes';

export class FakeCluster implements AsyncDisposable {
  /** `GET /api/v1/nodes`, `WATCH /api/v1/nodes`, …: without their queries. */
  readonly requests: string[] = [];
  /** Bodies of what was applied. */
  readonly applied: FakeObject[] = [];
  /** Queries of what was applied, in the same order. */
  readonly appliedWith: Readonly<Record<string, string>>[] = [];
  /** How nodes take their pods; a node that is not in here has everything at once. */
  readonly pulls = new Map<string, FakePull>();
  /** Answers by `METHOD /path`, each used once. */
  readonly faults = new Map<
    string,
    { readonly status: number; readonly message: string; readonly retryAfter?: number }[]
  >();
  /** These are refused for good. */
  readonly forbidden = new Set<string>();
  readonly #objects = new Map<string, Map<string, FakeObject>>();
  #entries: Entry[] = [];
  /** Watches may not go on from before this. */
  #oldest = 0;
  #version = 100;
  #pods = 0;
  readonly #watchers = new Set<Watcher>();
  /** What requests were let in by: `Bearer secret-token`. */
  readonly logins = new Set<string>();
  readonly #certificate: ServerCertificate | undefined;
  #server: Server;
  #port = 0;

  private constructor(certificate: ServerCertificate | undefined) {
    this.#certificate = certificate;
    this.#server = this.#makeServer();
  }

  /** Without a certificate it speaks plain HTTP. */
  static async start(nodeNames: readonly string[], certificate?: ServerCertificate): Promise<FakeCluster> {
    const cluster = new FakeCluster(certificate);
    await cluster.back();
    for (const name of nodeNames) cluster.setNode(name, true);
    return cluster;
  }

  get url(): string {
    return `${this.#certificate === undefined ? 'http' : 'https'}://127.0.0.1:${this.#port}`;
  }

  /** A kubeconfig for it. */
  get kubeconfig(): string {
    const cluster = { server: this.url, 'insecure-skip-tls-verify': true };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'fake', cluster }],
      users: [{ name: 'me', user: { token: 'secret-token' } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me' } }],
      'current-context': 'fake',
    });
  }

  get watches(): number {
    return this.#watchers.size;
  }

  names(kind: 'pods' | 'daemonsets'): readonly string[] {
    return [...(this.#objects.get(kind === 'pods' ? pods : sets)?.keys() ?? [])];
  }

  /** `about`: its labels, taints and capacity, as the API has them. */
  setNode(
    name: string,
    ready: boolean,
    about: { readonly labels?: object; readonly taints?: readonly object[]; readonly capacity?: object } = {},
  ): void {
    const condition = {
      type: 'Ready',
      status: ready ? 'True' : 'Unknown',
      message: ready ? 'ok' : 'Kubelet stopped posting node status.',
    };
    const { labels = {}, taints = [], capacity = {} } = about;
    const status = { conditions: [condition], capacity };
    this.#put(nodes, { metadata: { name, labels }, spec: { taints }, status });
  }

  /** How a node's pod goes on. */
  setPull(node: string, pull: FakePull): void {
    this.pulls.set(node, pull);
    const pod = [...(this.#objects.get(pods)?.values() ?? [])].find(
      ({ spec }) => (spec as { nodeName?: string }).nodeName === node, // as this file made it
    );
    if (pod !== undefined) this.#put(pods, { ...pod, status: podStatus(pod, pull) });
  }

  /** From now on no watch may go on from before, and those that run are told so. */
  forget(): void {
    this.#oldest = this.#version;
    this.#entries = [];
    const object = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
    for (const { response } of this.#watchers) response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
    this.#watchers.clear();
  }

  /** Nobody answers, and who was connected is cut off. */
  async away(): Promise<void> {
    this.#watchers.clear();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  /** It answers again, at the same address, with what it knew. */
  async back(): Promise<void> {
    this.#server = this.#makeServer();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port; // It listens on TCP, so it is no pipe's name.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.away();
  }

  #makeServer(): Server {
    const serve = (request: IncomingMessage, response: ServerResponse): void =>
      void this.#serve(request, response);
    return this.#certificate === undefined ? createServer(serve) : createTlsServer(this.#certificate, serve);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const path = url.pathname;
    const verb = url.searchParams.get('watch') === 'true' ? 'WATCH' : (request.method ?? '');
    const question = `${verb} ${path}`;
    this.requests.push(question);
    this.logins.add(request.headers.authorization ?? '');
    const body = await bodyOf(request);
    if (this.forbidden.has(question)) return refuse(response, 403, `User "me" cannot do this: ${question}`);
    const fault = this.faults.get(question)?.shift();
    if (fault !== undefined) return refuse(response, fault.status, fault.message, fault.retryAfter);
    if (verb === 'WATCH') return this.#watch(path, Number(url.searchParams.get('resourceVersion')), response);
    const at = path.lastIndexOf('/');
    const collection = path.slice(0, at);
    const name = path.slice(at + 1);
    const isCollection = path === sets || path === pods || path === nodes;
    if (verb === 'GET' && isCollection) return this.#list(path, url.searchParams, response);
    const found = this.#objects.get(collection)?.get(name);
    if (verb === 'PATCH') {
      this.appliedWith.push(Object.fromEntries(url.searchParams));
      return answer(response, this.#apply(collection, body as FakeObject));
    }
    if (found === undefined) return refuse(response, 404, `"${name}" not found`);
    if (verb === 'DELETE') this.#delete(collection, name);
    return answer(response, found);
  }

  #list(collection: string, query: URLSearchParams, response: ServerResponse): void {
    const wanted = query.get('fieldSelector')?.replace('metadata.name=', '');
    const all = [...(this.#objects.get(collection)?.values() ?? [])].filter(
      ({ metadata }) => wanted === undefined || metadata.name === wanted,
    );
    const from = Number(query.get('continue') ?? 0);
    const next = from + Number(query.get('limit') ?? 500);
    answer(response, {
      metadata: {
        resourceVersion: String(this.#version),
        ...(next < all.length ? { continue: String(next) } : {}),
      },
      items: all.slice(from, next),
    });
  }

  #watch(collection: string, from: number, response: ServerResponse): void {
    if (from < this.#oldest) return refuse(response, 410, 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const entry of this.#entries) {
      if (entry.collection === collection && entry.version > from) response.write(lineOf(entry));
    }
    const watcher = { collection, response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #apply(collection: string, wanted: FakeObject): FakeObject {
    this.applied.push(wanted);
    if (collection !== sets) return this.#put(collection, wanted);
    const before = this.#objects.get(collection)?.get(wanted.metadata.name);
    const changed = JSON.stringify(before?.['spec']) !== JSON.stringify(wanted['spec']);
    const generation = Number(before?.metadata['generation'] ?? 0) + (changed ? 1 : 0);
    const count = this.#takers().length;
    const set = this.#put(collection, {
      ...wanted,
      metadata: { ...wanted.metadata, generation },
      status: { observedGeneration: generation, desiredNumberScheduled: count },
    });
    if (changed) this.#makePods(set);
    return set;
  }

  /** As the DaemonSet controller does in the end; in which order is the real one's to show. */
  #makePods(set: FakeObject): void {
    const { template } = set['spec'] as { template: { spec: object } }; // what was applied is a DaemonSet
    for (const name of this.names('pods')) this.#delete(pods, name);
    for (const node of this.#takers()) {
      this.#pods += 1;
      const pod = { metadata: { name: `pod-${this.#pods}` }, spec: { ...template.spec, nodeName: node } };
      this.#put(pods, { ...pod, status: podStatus(pod, this.pulls.get(node) ?? 'ready') });
    }
  }

  /** Nodes that may have a pod: who is not ready is tainted, and no DaemonSet counts it. */
  #takers(): readonly string[] {
    const all = [...(this.#objects.get(nodes)?.values() ?? [])];
    return all
      .filter((node) => !JSON.stringify(node).includes('"Unknown"'))
      .map(({ metadata }) => metadata.name);
  }

  #put(collection: string, object: FakeObject): FakeObject {
    const all = this.#objects.get(collection) ?? new Map<string, FakeObject>();
    this.#objects.set(collection, all);
    this.#version += 1;
    const type = all.has(object.metadata.name) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    all.set(object.metadata.name, stored);
    this.#tell({ version: this.#version, type, collection, object: stored });
    return stored;
  }

  #delete(collection: string, name: string): void {
    const object = this.#objects.get(collection)?.get(name);
    if (object === undefined) return;
    this.#objects.get(collection)?.delete(name);
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#tell({ version: this.#version, type: 'DELETED', collection, object: { ...object, metadata } });
    if (collection === sets) for (const pod of this.names('pods')) this.#delete(pods, pod);
  }

  #tell(entry: Entry): void {
    this.#entries.push(entry);
    for (const { collection, response } of this.#watchers)
      if (collection === entry.collection) response.write(lineOf(entry));
  }
}

function podStatus(pod: FakeObject, pull: FakePull): object {
  const { initContainers = [], containers = [] } = pod['spec'] as Record<
    string,
    { name: string; image: string }[]
  >; // a pod's
  const all = [...initContainers, ...containers];
  const done = { state: { terminated: { exitCode: 0 } } };
  const state = (index: number): object => {
    if (pull === 'ready') return done;
    if (pull === 'pulling') return { state: { waiting: { reason: 'PodInitializing' } } };
    return { state: { waiting: index === 0 ? pull : { reason: 'PodInitializing' } } };
  };
  const statuses = all.map(({ name, image }, index) => ({
    name,
    imageID: pull === 'ready' ? image : '',
    ...state(index),
  }));
  return {
    phase: pull === 'ready' ? 'Running' : 'Pending',
    conditions: [{ type: 'Ready', status: pull === 'ready' ? 'True' : 'False' }],
    initContainerStatuses: statuses.slice(0, initContainers.length),
    containerStatuses: statuses.slice(initContainers.length),
  };
}

function lineOf({ type, object }: Entry): string {
  return `${JSON.stringify({ type, object })}\n`;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}

function answer(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: number, message: string, retryAfter?: number): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message }));
}
