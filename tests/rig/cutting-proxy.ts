/** A proxy before a real registry that breaks connections in the middle of what they send, on demand, and counts. */
import { once } from 'node:events';
import { createServer, request as startRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

export interface CuttingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`: the registry's, as far as its users can tell. */
  readonly host: string;
  /**
   * The next `times` requests that match (`PATCH /v2/…`) lose their connection after so many bytes of their body;
   * shorter ones are let through.
   */
  cut(match: RegExp, times: number, afterBytes?: number): void;
  /** The next `times` requests that match are answered with a status and one error of a registry. */
  refuse(match: RegExp, times: number, status: number, code: string): void;
  /** Calls `then` when a request that matches arrives, and passes it on when that has ended. */
  before(match: RegExp, then: () => Promise<void>): void;
  /** How often a request like `PATCH /v2/` came in. */
  count(match: RegExp): number;
}

interface Fault {
  readonly match: RegExp;
  /** Requests whose body is shorter are let through. */
  readonly leastBytes: number;
  left: number;
  readonly act: (
    request: IncomingMessage,
    response: ServerResponse,
  ) => Promise<'handled' | number | undefined>;
}

/** Starts a proxy before the registry at `upstream` (`host:port`), which may come later or go away. */
export async function startCuttingProxy(upstream: string): Promise<CuttingProxy> {
  const seen: string[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    seen.push(line);
    const bytes = Number(request.headers['content-length'] ?? 0);
    const fault = faults.find(
      ({ match, leastBytes, left }) => left > 0 && bytes >= leastBytes && match.test(line),
    );
    if (fault !== undefined) fault.left -= 1;
    void (fault?.act(request, response) ?? Promise.resolve(undefined)).then((cutAfter) => {
      if (cutAfter !== 'handled') forward(upstream, request, response, cutAfter);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  return {
    host: `127.0.0.1:${port}`,
    cut(match, times, afterBytes = 0) {
      faults.push({ match, leastBytes: afterBytes, left: times, act: async () => afterBytes });
    },
    refuse(match, times, status, code) {
      const act: Fault['act'] = async (request, response) => {
        request.resume();
        const body = JSON.stringify({ errors: [{ code, message: 'on demand' }] });
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
        return 'handled';
      };
      faults.push({ match, leastBytes: 0, left: times, act });
    },
    before(match, then) {
      const act: Fault['act'] = async () => {
        await then();
        return undefined;
      };
      faults.push({ match, leastBytes: 0, left: 1, act });
    },
    count: (match) => seen.filter((line) => match.test(line)).length,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function forward(
  upstream: string,
  request: IncomingMessage,
  response: ServerResponse,
  cutAfter: number | undefined,
): void {
  const [host, port] = upstream.split(':');
  const { method, url, headers } = request;
  // The host stays the proxy's own: the registry puts it into the addresses that it hands out.
  const onward = startRequest({ host, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.on('error', () => onward.destroy());
  if (cutAfter === undefined) request.pipe(onward);
  else request.pipe(cutter(cutAfter, () => (request.destroy(), onward.destroy()))).pipe(onward);
}

/** Passes on so many bytes, then breaks; without a body, at once. */
function cutter(bytes: number, sever: () => void): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const piece = chunk.subarray(0, left);
      left -= piece.length;
      if (left <= 0) setImmediate(sever);
      done(null, piece);
    },
    flush: () => sever(),
  });
}
