/**
 * A small registry in memory that speaks the real protocol, counts, and fails on demand:
 * for what a healthy docker-registry never does. Manifests and tag lists only.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A manifest that refers to nothing that must exist. */
export const MANIFEST = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config: {}, layers: [] }),
);

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers in the registry's place, or leaves it to the registry by answering false. */
export type Fault = (request: IncomingMessage, response: ServerResponse, path: string) => boolean | void;

export interface FaultRegistry extends AsyncDisposable {
  readonly host: string;
  readonly seen: readonly Seen[];
  /** `repository:tag` and `repository@digest` → bytes. */
  readonly manifests: Map<string, Buffer>;
  /** The next `times` requests that match go to the fault. */
  fail(match: RegExp, fault: Fault, times?: number): void;
  /** How often a request like `GET /v2/` came in. */
  count(match: RegExp): number;
}

export async function startFaultRegistry(): Promise<FaultRegistry> {
  const seen: Seen[] = [];
  const manifests = new Map<string, Buffer>();
  const faults: { match: RegExp; fault: Fault; left: number }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const line = `${request.method} ${path}`;
    seen.push({ method: request.method ?? '', path, headers: request.headers });
    const planned = faults.find((fault) => fault.left > 0 && fault.match.test(line));
    if (planned !== undefined) {
      planned.left -= 1;
      if (planned.fault(request, response, path) !== false) return;
    }
    void serve(request, response, manifests);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  return {
    host: `127.0.0.1:${port}`,
    seen,
    manifests,
    fail(match, fault, times = 1) {
      faults.push({ match, fault, left: times });
    },
    count: (match) => seen.filter(({ method, path }) => match.test(`${method} ${path}`)).length,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Answers with a status and, like registries do, an error document. */
export function answerWith(status: number, headers: Record<string, string> = {}): Fault {
  return (_request, response) => {
    const body = JSON.stringify({ errors: [{ code: 'TESTED', message: 'on demand' }] });
    response.writeHead(status, headers).end(body);
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  manifests: Map<string, Buffer>,
): Promise<void> {
  const match = /^\/v2\/(.+)\/manifests\/([^/?]+)$/.exec(request.url ?? '');
  if (request.url === '/v2/') {
    response.writeHead(200).end('{}');
    return;
  }
  const [, repository = '', target = ''] = match ?? [];
  const key = target.includes(':') ? `${repository}@${target}` : `${repository}:${target}`;
  if (match !== null && request.method === 'PUT') {
    const bytes = await buffer(request);
    manifests.set(key, bytes).set(`${repository}@${digest(bytes)}`, bytes);
    response.writeHead(201, { 'docker-content-digest': digest(bytes) }).end();
    return;
  }
  const bytes = match === null ? undefined : manifests.get(key);
  if (bytes === undefined) {
    response.writeHead(404).end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN' }] }));
    return;
  }
  response.writeHead(200, {
    'content-type': OCI_MANIFEST,
    'content-length': bytes.length,
    'docker-content-digest': digest(bytes),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
