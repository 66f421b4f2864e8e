/** A proxy before a real registry that breaks, changes and answers what it is sent, on demand, and counts. */
import { once } from 'node:events';
import { createServer, request as startRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform } from 'node:stream';

export interface CuttingProxy extends AsyncDisposable {
  /** `address:port`: the registry's, as far as its users can tell. */
  readonly host: string;
  /**
   * The next `times` requests that match (`PATCH /v2/…`) lose their connection after so many bytes of their body;
   * shorter ones are let through.
   */
  cut(match: RegExp, times: number, afterBytes?: number): void;
  /** The next `times` requests that match are answered with a status and one error of a registry. */
  refuse(match: RegExp, times: number, status: number, code: string): void;
  /** The next `times` requests that match are answered by `answer`; the registry does not see them. */
  replace(
    match: RegExp,
    times: number,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): void;
  /** Of the next `times` requests that match, the registry's answers are passed on by `answer`, in its own way. */
  tamper(
    match: RegExp,
    times: number,
    answer: (answer: IncomingMessage, response: ServerResponse) => void,
  ): void;
  /** The next `times` requests that match and have a body reach the registry with one byte changed. */
  alter(match: RegExp, times: number): void;
  /** Calls `then` when a request that matches arrives, and passes it on when that has ended. */
  before(match: RegExp, then: () => Promise<void>): void;
  /** From now on nothing is broken that was to be. */
  heal(): void;
  /** How often a request like `PATCH /v2/` came in. */
  count(match: RegExp): number;
}

/** What becomes of a request: answered here, or passed on, with what happens to its body and to the answer. */
type Passage =
  | 'handled'
  | {
      readonly body?: (sever: () => void) => Transform;
      readonly answer?: (answer: IncomingMessage, response: ServerResponse) => void;
    };

interface Fault {
  readonly match: RegExp;
  /** Requests whose body is shorter are let through. */
  readonly leastBytes: number;
  left: number;
  readonly act: (request: IncomingMessage, response: ServerResponse) => Promise<Passage>;
}

/**
 * Starts a proxy before the registry at `upstream` (`host:port`), which may come later or go away. At 127.0.0.2 it is
 * none of the names for which a client takes plain HTTP for granted.
 */
export async function startCuttingProxy(
  upstream: string,
  address: '127.0.0.1' | '127.0.0.2' = '127.0.0.1',
): Promise<CuttingProxy> {
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
    void (fault?.act(request, response) ?? Promise.resolve({})).then((passage) => {
      if (passage !== 'handled') forward(upstream, request, response, passage);
    });
  });
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  const replace: CuttingProxy['replace'] = (match, times, answer) => {
    const act: Fault['act'] = async (request, response) => {
      request.resume();
      answer(request, response);
      return 'handled';
    };
    faults.push({ match, leastBytes: 0, left: times, act });
  };
  return {
    host: `${address}:${port}`,
    replace,
    cut(match, times, afterBytes = 0) {
      const body = (sever: () => void): Transform => cutter(afterBytes, sever);
      faults.push({ match, leastBytes: afterBytes, left: times, act: async () => ({ body }) });
    },
    refuse(match, times, status, code) {
      const body = JSON.stringify({ errors: [{ code, message: 'on demand' }] });
      replace(match, times, (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      });
    },
    tamper(match, times, answer) {
      faults.push({ match, leastBytes: 0, left: times, act: async () => ({ answer }) });
    },
    alter(match, times) {
      faults.push({ match, leastBytes: 1, left: times, act: async () => ({ body: flipper }) });
    },
    before(match, then) {
      const act: Fault['act'] = async () => {
        await then();
        return {};
      };
      faults.push({ match, leastBytes: 0, left: 1, act });
    },
    heal() {
      faults.length = 0;
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
  passage: Exclude<Passage, 'handled'>,
): void {
  const [host, port] = upstream.split(':');
  const { method, url, headers } = request;
  const pass = (answer: IncomingMessage): void => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  };
  // The host stays the proxy's own: the registry puts it into the addresses that it hands out.
  const onward = startRequest({ host, port, method, path: url, headers }, (answer) =>
    (passage.answer ?? pass)(answer, response),
  );
  onward.on('error', () => response.destroy());
  request.on('error', () => onward.destroy());
  const changed = passage.body?.(() => (request.destroy(), onward.destroy()));
  if (changed === undefined) request.pipe(onward);
  else request.pipe(changed).pipe(onward);
}

/** Changes the first byte of what it passes on. */
function flipper(): Transform {
  let isFirst = true;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const piece = Buffer.from(chunk);
      if (isFirst) piece.writeUInt8(piece.readUInt8(0) ^ 1, 0);
      isFirst = false;
      done(null, piece);
    },
  });
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
