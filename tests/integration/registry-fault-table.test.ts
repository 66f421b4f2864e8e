/**
 * Every fault on every kind of request of a copy between two real registries. Whatever happens: nothing is lost, and
 * nothing wrong is believed. What a tag names is whole or the tag is not there; a copy that failed is brought to its
 * end by calling it again; no login reaches a stranger.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRegistryClient, type RegistryClient } from '../../registry/client.ts';
import { digestOf, isDigest, type Digest } from '../../registry/digest.ts';
import type { RegistryError } from '../../registry/error.ts';
import type { Reference } from '../../registry/reference.ts';
import { startCuttingProxy, type CuttingProxy } from '../rig/cutting-proxy.ts';
import { answerWith, startFaultRegistry, type FaultRegistry } from '../rig/fault-registry.ts';
import { LOGIN, startRegistry, type RegistryRig } from '../rig/registry.ts';
import { putImage, quickClient, referenceTo } from '../rig/registry-image.ts';

const signal = new AbortController().signal;
const OFTEN = 10_000;

/** What one kind of request is, and before which of the two registries it is met. */
const requests = {
  'GET manifest': { side: 'from', match: /^GET .*\/manifests\// },
  'GET blob': { side: 'from', match: /^GET .*\/blobs\// },
  'HEAD manifest': { side: 'to', match: /^HEAD .*\/manifests\// },
  'HEAD blob': { side: 'to', match: /^HEAD .*\/blobs\// },
  'POST upload': { side: 'to', match: /^POST / },
  'PATCH upload': { side: 'to', match: /^PATCH / },
  'PUT blob': { side: 'to', match: /^PUT .*\/blobs\// },
  'PUT manifest': { side: 'to', match: /^PUT .*\/manifests\// },
} as const;
type RequestKind = keyof typeof requests;

const all = Object.keys(requests) as readonly RequestKind[]; // Object.keys forgets the keys' type.
const reads = ['GET manifest', 'GET blob'] as const;
const ups = ['POST upload', 'PATCH upload', 'PUT blob', 'PUT manifest'] as const;

interface Row {
  readonly fault: string;
  readonly meets: readonly RequestKind[];
  readonly install: (proxy: CuttingProxy, match: RegExp, times: number) => void;
  /** What a copy comes to when the fault happens once, and when it does not end. */
  readonly once: 'copied' | RegistryError['kind'];
  readonly always: RegistryError['kind'];
  readonly isSlow?: true;
}

const refusal =
  (status: number, headers: Record<string, string> = {}) =>
  (_request: IncomingMessage, response: ServerResponse): void =>
    void answerWith(status, headers)(_request, response, '');

/** The registry's answer, whole, given to `change`. */
const changed =
  (change: (body: Buffer, answer: IncomingMessage, response: ServerResponse) => void) =>
  (answer: IncomingMessage, response: ServerResponse): void =>
    void buffer(answer).then((body) => change(body, answer, response));

const drops = changed((_body, _answer, response) => void response.destroy());

const truncates = changed((body, answer, response) => {
  response.writeHead(answer.statusCode ?? 0, answer.headers);
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
});

const flips = changed((body, answer, response) => {
  if (body.length > 0) body.writeUInt8(body.readUInt8(0) ^ 1, 0);
  response.writeHead(answer.statusCode ?? 0, answer.headers).end(body);
});

const shortens = changed((body, answer, response) => {
  const { 'content-length': _, ...headers } = answer.headers;
  response.writeHead(answer.statusCode ?? 0, headers).end(body.subarray(1));
});

const liesOfDigest = changed((body, answer, response) => {
  const headers = { ...answer.headers, 'docker-content-digest': digestOf('something else') };
  response.writeHead(answer.statusCode ?? 0, headers).end(body);
});

const drips = changed((body, answer, response) => {
  response.writeHead(answer.statusCode ?? 0, answer.headers);
  let at = 0;
  const tick = setInterval(() => {
    if (at < body.length - 1) response.write(body.subarray(at, (at += 1)));
  }, 50);
  response.on('close', () => clearInterval(tick));
});

function elsewhere(status: number, header: Record<string, string> = {}) {
  return (_request: IncomingMessage, response: ServerResponse): void =>
    void response
      .writeHead(status, { location: `http://${stranger.host}/v2/x/blobs/uploads/1`, ...header })
      .end();
}

const rows: readonly Row[] = [
  {
    fault: '429 with Retry-After',
    meets: all,
    install: (proxy, match, times) => proxy.replace(match, times, refusal(429, { 'retry-after': '1' })),
    once: 'copied',
    always: 'rate-limited',
  },
  {
    fault: 'an occasional 500',
    meets: all,
    install: (proxy, match, times) => proxy.replace(match, times, refusal(500)),
    once: 'copied',
    always: 'server',
  },
  {
    fault: 'a connection that is cut before the registry hears',
    meets: all,
    install: (proxy, match, times) => proxy.replace(match, times, (request) => void request.socket.destroy()),
    once: 'copied',
    always: 'unreachable',
  },
  {
    fault: 'a connection that is cut after the registry has done it',
    meets: all,
    install: (proxy, match, times) => proxy.tamper(match, times, drops),
    once: 'copied',
    always: 'unreachable',
  },
  {
    fault: 'a body that is cut in the middle of its way up',
    meets: ['PATCH upload', 'PUT manifest'],
    install: (proxy, match, times) => proxy.cut(match, times, 100),
    once: 'copied',
    always: 'unreachable',
  },
  {
    fault: 'an answer that is cut in its middle',
    meets: reads,
    install: (proxy, match, times) => proxy.tamper(match, times, truncates),
    once: 'copied',
    always: 'unreachable',
  },
  {
    fault: 'an answer that drips',
    meets: reads,
    isSlow: true,
    install: (proxy, match, times) => proxy.tamper(match, times, drips),
    once: 'copied',
    always: 'unreachable',
  },
  {
    fault: 'one bit changed on its way down',
    meets: reads,
    install: (proxy, match, times) => proxy.tamper(match, times, flips),
    once: 'invalid-answer',
    always: 'invalid-answer',
  },
  {
    fault: 'a byte missing from its beginning',
    meets: reads,
    install: (proxy, match, times) => proxy.tamper(match, times, shortens),
    once: 'invalid-answer',
    always: 'invalid-answer',
  },
  {
    fault: 'one bit changed on its way up',
    meets: ['PATCH upload'],
    install: (proxy, match, times) => proxy.alter(match, times),
    once: 'copied',
    always: 'rejected',
  },
  {
    fault: 'a digest that is not that of the bytes',
    meets: ['GET manifest', 'PUT manifest'],
    install: (proxy, match, times) => proxy.tamper(match, times, liesOfDigest),
    once: 'invalid-answer',
    always: 'invalid-answer',
  },
  {
    fault: 'a token that has ended, then a storm of 401',
    meets: ['HEAD manifest', 'HEAD blob', ...ups],
    install: (proxy, match, times) => proxy.replace(match, times, refusal(401)),
    once: 'copied',
    always: 'unauthorized',
  },
  {
    fault: 'a login by name that is refused',
    meets: reads,
    install: (proxy, match, times) => proxy.replace(match, times, refusal(401)),
    once: 'unauthorized',
    always: 'unauthorized',
  },
  {
    fault: '403',
    meets: all,
    install: (proxy, match, times) => proxy.replace(match, times, refusal(403)),
    once: 'forbidden',
    always: 'forbidden',
  },
  {
    fault: 'a redirect to a host that has something else',
    meets: reads,
    install: (proxy, match, times) => proxy.replace(match, times, elsewhere(307)),
    once: 'invalid-answer',
    always: 'invalid-answer',
  },
  {
    fault: 'a redirect of what is sent to another host',
    meets: ups,
    install: (proxy, match, times) => proxy.replace(match, times, elsewhere(307)),
    once: 'invalid-answer',
    always: 'invalid-answer',
  },
  {
    fault: 'an upload that is to go on at another host',
    meets: ['POST upload', 'PATCH upload'],
    install: (proxy, match, times) => proxy.replace(match, times, elsewhere(202, { range: '0-999' })),
    once: 'invalid-answer',
    always: 'invalid-answer',
  },
  {
    fault: 'a page of HTML',
    meets: ['GET manifest', 'GET blob'],
    install: (proxy, match, times) =>
      proxy.replace(match, times, (_request, response) => void response.end('<html>')),
    once: 'invalid-answer',
    always: 'invalid-answer',
  },
];

let from: RegistryRig;
let to: RegistryRig;
let beforeFrom: CuttingProxy;
let beforeTo: CuttingProxy;
let stranger: FaultRegistry;
let digest: Digest;
let copies = 0;

/** Sends the layer in three pieces, and pauses for nothing. */
const clientWith = (timeoutMs: number): RegistryClient =>
  createRegistryClient({
    credentials: async () => LOGIN,
    timeoutMs,
    pieceBytes: 1000,
    retry: { attempts: 3, sleep: async () => undefined },
  });
const patient = clientWith(30_000);
/** Where the fault is that something takes too long. */
const hasty = clientWith(1000);
/** Asks past the proxies. */
const observer = quickClient(LOGIN);

beforeAll(async () => {
  from = await startRegistry('htpasswd');
  to = await startRegistry('token');
  beforeFrom = await startCuttingProxy(from.host);
  beforeTo = await startCuttingProxy(to.host);
  stranger = await startFaultRegistry();
  digest = await putImage(observer, referenceTo(`${from.host}/family/base:1`), [3000]);
});

afterAll(async () => {
  for (const rig of [beforeFrom, beforeTo, from, to, stranger]) await rig[Symbol.asyncDispose]();
});

/** What the tag names in the registry itself: everything is there, or the tag is not. */
async function whatIsThere(target: Reference): Promise<'whole' | 'absent'> {
  const manifest = await observer.getManifest(target, signal);
  if (manifest.kind === 'absent') return 'absent';
  if (manifest.kind === 'failed') throw new Error(manifest.error.message);
  expect(manifest.digest).toBe(digest);
  const { config, layers } = JSON.parse(manifest.bytes.toString());
  for (const blob of [config, ...layers]) {
    if (!isDigest(blob.digest)) throw new Error('no digest');
    expect((await observer.getBlob(target, blob.digest, 10_000, signal)).kind).toBe('found');
  }
  return 'whole';
}

const cases = rows.flatMap((row) =>
  row.meets.flatMap((kind) => [
    { ...row, kind, times: 1, often: 'once', comesTo: row.once },
    // What is not tried again is the same however often it would happen.
    ...(row.once === row.always
      ? []
      : [{ ...row, kind, times: OFTEN, often: 'always', comesTo: row.always }]),
  ]),
);

describe('nothing is lost and nothing wrong is believed', () => {
  test.each(cases)(
    '$fault, $often, at a $kind: $comesTo',
    async ({ install, kind, times, comesTo, isSlow }) => {
      const client = isSlow ? hasty : patient;
      copies += 1;
      const name = `copies/number-${copies}:1`;
      const source = referenceTo(`${beforeFrom.host}/family/base:1`);
      const target = referenceTo(`${beforeTo.host}/${name}`);
      const direct = referenceTo(`${to.host}/${name}`);
      const copy = () => client.copyImage(source, target, () => undefined, signal);

      const { side, match } = requests[kind];
      const proxy = side === 'from' ? beforeFrom : beforeTo;
      const seen = proxy.count(match);
      install(proxy, match, times);
      const outcome = await copy();
      proxy.heal();
      expect(outcome).toMatchObject(
        comesTo === 'copied' ? { kind: 'copied', digest } : { kind: 'failed', error: { kind: comesTo } },
      );
      expect(proxy.count(match)).toBeGreaterThan(seen);
      const there = await whatIsThere(direct);
      if (comesTo === 'copied') expect(there).toBe('whole');
      else {
        expect(await copy()).toMatchObject({ kind: 'copied', digest });
        expect(await whatIsThere(direct)).toBe('whole');
      }
      expect(stranger.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    },
  );

  test.each([
    ['tags', /tags\/list/],
    ['referrers', /referrers/],
  ])('a list of %s whose Link leads back to itself is told, and not read for ever', async (list, match) => {
    const page =
      list === 'tags' ? { tags: ['1'] } : { schemaVersion: 2, manifests: [], mediaType: 'application/json' };
    beforeFrom.replace(match, OFTEN, (request, response) => {
      response.writeHead(200, { link: `<${request.url}>; rel="next"` }).end(JSON.stringify(page));
    });
    const image = { ...referenceTo(`${beforeFrom.host}/family/base:1`), digest };
    const outcome =
      list === 'tags'
        ? await patient.listTags(image, signal)
        : await patient.listReferrers(image, undefined, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    beforeFrom.heal();
    expect(beforeFrom.count(match)).toBe(1);
  });
});
