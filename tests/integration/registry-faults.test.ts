/** The client against a registry that fails, keeps silent or lies. */
import { describe, expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { digestOf } from '../../registry/digest.ts';
import { withDigest } from '../../registry/reference.ts';
import { startRig } from '../rig/fault-client.ts';
import { answerWith, MANIFEST, OCI_MANIFEST, startFaultRegistry, type Fault } from '../rig/fault-registry.ts';

const signal = new AbortController().signal;
const MANIFESTS = /manifests/;

const cutConnection: Fault = (request) => {
  request.socket.destroy();
};

const cutBody: Fault = (_request, response) => {
  response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': MANIFEST.length });
  response.write(MANIFEST.subarray(0, 10));
  setTimeout(() => response.destroy(), 10);
};

const silence: Fault = () => undefined;

const send =
  (bytes: Buffer, headers: Record<string, string> = {}): Fault =>
  (_request, response) => {
    response.writeHead(200, { 'content-type': OCI_MANIFEST, ...headers }).end(bytes);
  };

describe('passing trouble', () => {
  test.each<[string, Fault]>([
    ['408', answerWith(408)],
    ['429', answerWith(429)],
    ['500', answerWith(500)],
    ['502', answerWith(502)],
    ['503', answerWith(503)],
    ['504', answerWith(504)],
    ['a cut connection', cutConnection],
    ['an answer cut in the middle', cutBody],
  ])('%s is tried again, with growing pauses', async (_name, fault) => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, fault, 2);
    const outcome = await rig.client.getManifest(rig.target, signal);
    expect(outcome).toMatchObject({ kind: 'found', digest: digestOf(MANIFEST), bytes: MANIFEST });
    expect(rig.registry.count(MANIFESTS)).toBe(3);
    expect(rig.pauses).toEqual([300, 600]);
  });

  test.each<[string, Fault, object]>([
    ['429', answerWith(429), { kind: 'rate-limited', status: 429 }],
    ['500', answerWith(500), { kind: 'server', status: 500 }],
    ['a cut connection', cutConnection, { kind: 'unreachable' }],
  ])('%s that does not pass is told after the last try, and is not "absent"', async (_name, fault, error) => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, fault, 100);
    expect(await rig.client.headManifest(rig.target, signal)).toMatchObject({ kind: 'failed', error });
    expect(rig.registry.count(MANIFESTS)).toBe(4);
  });

  test.each([400, 403, 405, 501])('%d is told at once', async (status) => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, answerWith(status), 100);
    expect(await rig.client.getManifest(rig.target, signal)).toMatchObject({
      kind: 'failed',
      error: { status },
    });
    expect(rig.registry.count(MANIFESTS)).toBe(1);
  });

  test('Retry-After is waited for, in seconds and as a date', async () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    await using rig = await startRig({ retry: { now: () => now } });
    rig.registry.fail(MANIFESTS, answerWith(429, { 'retry-after': '7' }));
    rig.registry.fail(MANIFESTS, answerWith(503, { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }));
    expect((await rig.client.headManifest(rig.target, signal)).kind).toBe('found');
    expect(rig.pauses).toEqual([7000, 9000]);
  });

  test('a Retry-After that is too long is told instead of waited for', async () => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, answerWith(429, { 'retry-after': '3600' }), 100);
    expect(await rig.client.headManifest(rig.target, signal)).toMatchObject({
      kind: 'failed',
      error: { kind: 'rate-limited', retryAfterMs: 3_600_000 },
    });
    expect(rig.pauses).toEqual([]);
  });

  test('a put is sent again as a whole', async () => {
    await using rig = await startRig();
    rig.registry.fail(/^PUT/, cutConnection);
    const outcome = await rig.client.putManifest(rig.target, MANIFEST, OCI_MANIFEST, signal);
    expect(outcome).toEqual({ kind: 'stored', digest: digestOf(MANIFEST) });
    expect(rig.registry.count(/^PUT/)).toBe(2);
  });

  test('a blob that is there is not uploaded again', async () => {
    await using rig = await startRig();
    rig.registry.fail(/^POST .*mount=/, answerWith(201));
    const outcome = await rig.client.uploadBlob(rig.target, Buffer.from('x'), signal);
    expect(outcome).toEqual({ kind: 'stored', digest: digestOf('x') });
    expect(rig.registry.count(/^(HEAD|POST|PUT) .*blobs/)).toBe(1);
  });

  test.each([400, 405, 503])(
    'a registry that answers %s for a mount is asked whether it has the blob',
    async (status) => {
      await using rig = await startRig();
      rig.registry.fail(/^POST .*mount=/, answerWith(status));
      rig.registry.fail(/^HEAD .*blobs/, answerWith(200));
      const outcome = await rig.client.uploadBlob(rig.target, Buffer.from('x'), signal);
      expect(outcome).toEqual({ kind: 'stored', digest: digestOf('x') });
      expect(rig.registry.count(/^(HEAD|POST|PUT) .*blobs/)).toBe(2);
    },
  );

  test('a mount that a login does not reach is no obstacle to an upload', async () => {
    await using rig = await startRig();
    rig.registry.fail(/^POST .*mount=/, answerWith(201));
    await rig.client.uploadBlob(rig.target, Buffer.from('x'), signal);
    rig.registry.fail(/^POST .*mount=/, answerWith(401), 2);
    rig.registry.fail(/^POST .*uploads\/$/, answerWith(202, { location: '/v2/other/upload' }));
    rig.registry.fail(/^PUT .*\/upload\?digest=/, answerWith(201));
    const other = { ...rig.target, repository: 'other' };
    const outcome = await rig.client.uploadBlob(other, Buffer.from('x'), signal);
    expect(outcome).toEqual({ kind: 'stored', digest: digestOf('x') });
  });

  test('an upload whose beginning is cut off is begun again, and told as unreachable in the end', async () => {
    await using rig = await startRig();
    rig.registry.fail(/^POST/, cutConnection, 100);
    const outcome = await rig.client.uploadBlob(rig.target, Buffer.from('x'), signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'unreachable' } });
    // The first asks for a mount as well.
    expect(rig.registry.count(/^POST/)).toBe(1 + 4);
    expect(rig.pauses).toEqual([300, 600, 1200]);
  });
});

describe('connections', () => {
  test('a host gets so many requests at a time, over connections that are kept', async () => {
    await using rig = await startRig({ perHost: 4 });
    const waiting: (() => void)[] = [];
    const sockets = new Set<unknown>();
    rig.registry.fail(
      MANIFESTS,
      (request, response) => {
        sockets.add(request.socket);
        waiting.push(() => void response.writeHead(404, { 'content-length': 10 }).end());
      },
      20,
    );
    const asked = Promise.all(Array.from({ length: 20 }, () => rig.client.headManifest(rig.target, signal)));
    for (let round = 0; round < 5; round += 1) {
      await expect.poll(() => waiting.length).toBe(4);
      for (const answer of waiting.splice(0)) answer();
    }
    expect(new Set((await asked).map(({ kind }) => kind))).toEqual(new Set(['absent']));
    // A connection may be taken up a moment after the next request is begun.
    expect(sockets.size).toBeLessThanOrEqual(8);
  });
});

describe('time', () => {
  test('a registry that keeps silent is unreachable after the time limit', async () => {
    await using rig = await startRig({ timeoutMs: 50, retry: { attempts: 1 } });
    rig.registry.fail(MANIFESTS, silence);
    expect(await rig.client.headManifest(rig.target, signal)).toMatchObject({
      kind: 'failed',
      error: { kind: 'unreachable', code: 'TIMEOUT' },
    });
  });

  test('the signal ends a request that waits for its answer', async () => {
    await using rig = await startRig();
    const controller = new AbortController();
    rig.registry.fail(MANIFESTS, () => controller.abort());
    const outcome = await rig.client.headManifest(rig.target, controller.signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'cancelled' } });
  });

  test('the signal ends the pause before the next try', async () => {
    const controller = new AbortController();
    const registry = await startFaultRegistry();
    await using _ = registry;
    const client = createRegistryClient({
      credentials: async () => undefined,
      retry: { baseMs: 60_000, maxMs: 60_000 },
    });
    registry.fail(/v2/, (request, response, path) => {
      setTimeout(() => controller.abort(), 20);
      return answerWith(500)(request, response, path);
    });
    const outcome = await client.ping(registry.host, controller.signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'cancelled' } });
  });
});

describe('answers that are not to be believed', () => {
  const altered = Buffer.from(MANIFEST.toString().replace('"layers":[]', '"layers":[1]'));

  test.each<[string, Fault]>([
    ['altered bytes', send(altered)],
    ['altered bytes under the right digest', send(altered, { 'docker-content-digest': digestOf(MANIFEST) })],
    ['another digest', send(MANIFEST, { 'docker-content-digest': digestOf('another') })],
    ['a digest that is none', send(MANIFEST, { 'docker-content-digest': 'sha256:abc' })],
    [
      'a redirect without end',
      (_, response, path) => response.writeHead(307, { location: path }).end() && true,
    ],
    [
      'a redirect to a file',
      (_, response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end() && true,
    ],
  ])('%s, asked for by digest', async (_name, fault) => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, fault, 100);
    const outcome = await rig.client.getManifest(withDigest(rig.target, digestOf(MANIFEST)), signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
  });

  test('another digest in a HEAD than was asked for', async () => {
    await using rig = await startRig();
    const size = { 'content-length': '10', 'docker-content-digest': digestOf('another') };
    rig.registry.fail(MANIFESTS, send(Buffer.alloc(0), size), 100);
    const outcome = await rig.client.headManifest(withDigest(rig.target, digestOf(MANIFEST)), signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
  });

  test('a manifest that is right but longer than any may be', async () => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, send(Buffer.concat([MANIFEST, Buffer.alloc(5 * 1024 * 1024, ' ')])));
    const outcome = await rig.client.getManifest(rig.target, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    expect(JSON.stringify(outcome)).toContain('longer than');
  });

  test('a page of HTML, asked for by tag', async () => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, send(Buffer.from('<html>'), { 'content-type': 'text/html' }), 100);
    const outcome = await rig.client.headManifest(rig.target, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
  });

  test('a host that is no registry', async () => {
    await using rig = await startRig();
    rig.registry.fail(/v2\/$/, answerWith(404), 100);
    const outcome = await rig.client.headManifest(rig.target, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
  });

  test('a put that stored something else', async () => {
    await using rig = await startRig();
    rig.registry.fail(/^PUT/, (request, response) => {
      request.resume();
      response.writeHead(201, { 'docker-content-digest': digestOf('another') }).end();
    });
    const outcome = await rig.client.putManifest(rig.target, MANIFEST, OCI_MANIFEST, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
  });

  test('words of a registry reach the message as one clean line', async () => {
    await using rig = await startRig();
    rig.registry.fail(MANIFESTS, (_, response) => {
      response
        .writeHead(403)
        .end(JSON.stringify({ errors: [{ code: 'DENIED', message: '\u001b[2Jno\nway' }] }));
    });
    const outcome = await rig.client.getManifest(rig.target, signal);
    expect(outcome.kind === 'failed' && outcome.error.message).toBe(
      `${rig.registry.host}: reading ${rig.registry.host}/base:one failed with 403 (DENIED:  [2Jno way)`,
    );
  });
});

describe('old registries', () => {
  test('a HEAD that does not tell the digest costs a GET, whose bytes are hashed', async () => {
    await using rig = await startRig();
    rig.registry.fail(
      MANIFESTS,
      (request, response) => {
        response.writeHead(200, { 'content-type': OCI_MANIFEST, 'content-length': MANIFEST.length });
        response.end(request.method === 'HEAD' ? undefined : MANIFEST);
      },
      2,
    );
    expect(await rig.client.headManifest(rig.target, signal)).toEqual({
      kind: 'found',
      digest: digestOf(MANIFEST),
      mediaType: OCI_MANIFEST,
      size: MANIFEST.length,
    });
    expect(rig.registry.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v2/',
      'HEAD /v2/base/manifests/one',
      'GET /v2/base/manifests/one',
    ]);
  });

  test('every request for a manifest accepts the four kinds, and says who asks', async () => {
    await using rig = await startRig();
    await rig.client.headManifest(rig.target, signal);
    await rig.client.getManifest(rig.target, signal);
    for (const { headers } of rig.registry.seen.slice(1)) {
      expect(headers.accept).toContain('application/vnd.docker.distribution.manifest.v2+json');
      expect(headers.accept).toContain('application/vnd.docker.distribution.manifest.list.v2+json');
      expect(headers.accept).toContain('application/vnd.oci.image.manifest.v1+json');
      expect(headers.accept).toContain('application/vnd.oci.image.index.v1+json');
      expect(headers['user-agent']).toBe('client under test');
    }
  });
});
