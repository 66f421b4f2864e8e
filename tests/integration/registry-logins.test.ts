/** Where logins go, and where they never go. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { createRegistryClient } from '../../registry/client.ts';
import { parseReference } from '../../registry/reference.ts';
import { LOGIN, startRig } from '../rig/fault-client.ts';
import { answerWith, MANIFEST, startFaultRegistry, type Fault } from '../rig/fault-registry.ts';

const signal = new AbortController().signal;
const MANIFESTS = /manifests/;

const basic: Fault = (request, response) => {
  if (request.headers.authorization !== undefined) return false;
  response.writeHead(401, { 'www-authenticate': 'Basic realm="rig"' }).end();
  return true;
};

describe('logins', () => {
  test('never follow a redirect to another host', async () => {
    await using rig = await startRig({ credentials: LOGIN });
    await using storage = await startFaultRegistry();
    storage.manifests.set('base:one', MANIFEST);
    rig.registry.fail(/v2/, basic);
    rig.registry.fail(MANIFESTS, (_, response) => {
      response.writeHead(307, { location: `http://${storage.host}/v2/base/manifests/one` }).end();
    });
    expect((await rig.client.getManifest(rig.target, signal)).kind).toBe('found');
    expect(rig.registry.seen.at(-1)?.headers.authorization).toMatch(/^Basic /);
    expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test('are not given to a storage host that asks for one, and its 404 is not "absent"', async () => {
    await using rig = await startRig({ credentials: LOGIN });
    await using storage = await startFaultRegistry();
    storage.fail(/./, answerWith(401, { 'www-authenticate': 'Basic realm="give"' }));
    rig.registry.fail(/v2/, basic);
    rig.registry.fail(
      MANIFESTS,
      (_, response) => {
        response.writeHead(307, { location: `http://${storage.host}/blob` }).end();
      },
      2,
    );
    const asked = await rig.client.getManifest(rig.target, signal);
    expect(asked).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    const absent = await rig.client.getManifest(rig.target, signal);
    expect(absent).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    expect(storage.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  test('do not go to where an upload is sent on another host', async () => {
    await using rig = await startRig({ credentials: LOGIN });
    await using other = await startFaultRegistry();
    rig.registry.fail(/^POST/, (_, response) => {
      response.writeHead(202, { location: `http://${other.host}/upload` }).end();
    });
    const outcome = await rig.client.uploadBlob(rig.target, Buffer.from('x'), signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    expect(other.seen).toEqual([]);
  });

  test('do not go to a token server without HTTPS on another machine', async () => {
    await using rig = await startRig({ credentials: LOGIN });
    rig.registry.fail(
      /v2/,
      answerWith(401, { 'www-authenticate': 'Bearer realm="http://tokens.invalid/t"' }),
    );
    const outcome = await rig.client.headManifest(rig.target, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    expect(JSON.stringify(outcome)).toContain('without HTTPS');
  });

  test('a refused token is replaced once, with the scope that the registry asks for', async () => {
    await using rig = await startRig({ credentials: LOGIN });
    let tokens = 0;
    const challenge = (scope: string): string =>
      `Bearer realm="http://${rig.registry.host}/token",service="s"${scope}`;
    rig.registry.fail(/ \/v2\/$/, answerWith(401, { 'www-authenticate': challenge('') }));
    rig.registry.fail(
      / \/token/,
      (_, response) => {
        tokens += 1;
        response.end(JSON.stringify({ access_token: `token-${tokens}` }));
      },
      100,
    );
    const more = challenge(',scope="repository:base:pull repository:other:pull",error="invalid_token"');
    rig.registry.fail(MANIFESTS, answerWith(401, { 'www-authenticate': more }));
    expect((await rig.client.getManifest(rig.target, signal)).kind).toBe('found');
    expect(
      rig.registry.seen
        .filter(({ path }) => MANIFESTS.test(path))
        .map(({ headers }) => headers.authorization),
    ).toEqual(['Bearer token-1', 'Bearer token-2']);
    const asked = rig.registry.seen.filter(({ path }) => path.startsWith('/token'));
    expect(asked.map(({ path }) => new URL(path, 'http://x').searchParams.getAll('scope'))).toEqual([
      ['repository:base:pull'],
      ['repository:base:pull', 'repository:other:pull'],
    ]);
  });

  test('a refused token is replaced also where the registry asks for the same scope again', async () => {
    await using rig = await startRig({ credentials: LOGIN });
    let tokens = 0;
    const challenge = `Bearer realm="http://${rig.registry.host}/token"`;
    rig.registry.fail(/ \/v2\/$/, answerWith(401, { 'www-authenticate': challenge }));
    rig.registry.fail(
      / \/token/,
      (_, response) => response.end(`{"token":"t${(tokens += 1)}"}`) && true,
      100,
    );
    rig.registry.fail(MANIFESTS, answerWith(401, { 'www-authenticate': challenge }));
    expect((await rig.client.getManifest(rig.target, signal)).kind).toBe('found');
    expect((await rig.client.getManifest(rig.target, signal)).kind).toBe('found');
    const used = rig.registry.seen.filter(({ path }) => MANIFESTS.test(path));
    expect(used.map(({ headers }) => headers.authorization)).toEqual(['Bearer t1', 'Bearer t2', 'Bearer t2']);
  });

  test('an identity token is sent again where the token server fails for a moment', async () => {
    await using rig = await startRig({ credentials: { username: '', password: '', identityToken: 'kept' } });
    const challenge = `Bearer realm="http://${rig.registry.host}/token"`;
    rig.registry.fail(/ \/v2\/$/, answerWith(401, { 'www-authenticate': challenge }));
    rig.registry.fail(/^POST \/token/, answerWith(500));
    rig.registry.fail(/^POST \/token/, (request) => void request.socket.destroy());
    rig.registry.fail(/^POST \/token/, (_, response) => void response.end('{"access_token":"new"}'));
    expect((await rig.client.getManifest(rig.target, signal)).kind).toBe('found');
    expect(rig.registry.seen.at(-1)?.headers.authorization).toBe('Bearer new');
  });

  test('a registry that refuses every token is asked no third time', async () => {
    await using rig = await startRig({ credentials: LOGIN });
    const challenge = `Bearer realm="http://${rig.registry.host}/token"`;
    rig.registry.fail(/ \/v2\//, answerWith(401, { 'www-authenticate': challenge }), 100);
    rig.registry.fail(/ \/token/, (_, response) => response.end('{"token":"same"}') && true, 100);
    const outcome = await rig.client.getManifest(rig.target, signal);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'unauthorized' } });
    // A token server that has nothing but the refused token makes a second request senseless.
    expect(rig.registry.count(MANIFESTS)).toBe(1);
    expect(JSON.stringify(outcome)).not.toContain(LOGIN.password);
  });
});

describe('TLS', () => {
  test('a host that speaks no TLS is told as that, and at once', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    server.listen(0, '127.0.0.2');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
    const client = createRegistryClient({ credentials: async () => undefined, retry: { baseMs: 60_000 } });
    // Not one of the names for which plain HTTP is meant.
    const outcome = await client.ping(`127.0.0.2:${port}`, signal);
    server.close();
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'unreachable' } });
    expect(JSON.stringify(outcome)).toContain('declare it insecure');
  });

  test.each(['resets what it cannot read', 'answers 400', 'sends an alert'])(
    'a registry on this machine that speaks TLS and %s is told as that, and at once',
    async (how) => {
      await using folder = await temporaryFolder();
      await using server = await overTls(await selfSigned(folder.path), how);
      const options = { credentials: async () => undefined, retry: { baseMs: 60_000 } };
      const here = await createRegistryClient(options).ping(`127.0.0.1:${server.port}`, signal);
      expect(here).toMatchObject({ kind: 'failed', error: { kind: 'unreachable', code: 'ERR_TLS_SPOKEN' } });
      expect(JSON.stringify(here)).toContain('it speaks TLS, and registries under this name');
      const host = `127.0.0.2:${server.port}`;
      const declared = createRegistryClient({ ...options, insecure: [host], insecureBy: 'INSECURE' });
      expect(JSON.stringify(await declared.ping(host, signal))).toContain(
        'it speaks TLS, and is declared insecure (INSECURE); do not declare it',
      );
    },
  );

  test('a registry that speaks no TLS and resets what it cannot read is told as that; one that resets all is not', async () => {
    await using plain = await listening((socket) => {
      socket.once('data', (bytes) => {
        if (bytes.toString('latin1').startsWith('GET '))
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
        else socket.resetAndDestroy();
      });
    });
    const options = { credentials: async () => undefined, retry: { attempts: 1 }, insecureBy: 'INSECURE' };
    const told = await createRegistryClient(options).ping(`127.0.0.2:${plain.port}`, signal);
    expect(JSON.stringify(told)).toContain(
      'it speaks plain HTTP where HTTPS was expected; declare it insecure (INSECURE)',
    );
    await using broken = await listening(
      (socket) => void socket.once('data', () => socket.resetAndDestroy()),
    );
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const reset = await createRegistryClient(options).ping(`${address}:${broken.port}`, signal);
      expect(JSON.stringify(reset)).toContain('the connection failed (ECONNRESET)');
    }
  });

  test('what is wrong with a certificate is told in words', async () => {
    await using folder = await temporaryFolder();
    const valid = await selfSigned(folder.path);
    expect(await troubleWith(valid, '127.0.0.2', [])).toContain('signed by nobody known here');
    expect(await troubleWith(valid, '127.0.0.3', [valid.cert])).toContain('for other names than this one');
    const ended = await selfSigned(folder.path, '-1');
    expect(await troubleWith(ended, '127.0.0.2', [ended.cert])).toContain('not valid today');
  });

  test('a redirect from HTTPS to plain HTTP is not followed', async () => {
    await using storage = await startFaultRegistry();
    storage.manifests.set('base:one', MANIFEST);
    await using folder = await temporaryFolder();
    const { key, cert } = await selfSigned(folder.path);
    const server = createTlsServer({ key, cert }, (request, response) => {
      const location = `http://${storage.host}${request.url ?? ''}`;
      response.writeHead(request.url === '/v2/' ? 200 : 307, { location }).end();
    });
    server.listen(0, '127.0.0.2');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // As above.
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, cert]);
    const client = createRegistryClient({ credentials: async () => undefined, retry: { attempts: 1 } });
    const target = parseReference(`127.0.0.2:${port}/base:one`);
    const outcome = target.kind === 'reference' ? await client.getManifest(target, signal) : target;
    setDefaultCACertificates(before);
    server.closeAllConnections();
    server.close();
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'invalid-answer' } });
    expect(JSON.stringify(outcome)).toContain('to plain HTTP');
    expect(storage.seen).toEqual([]);
  });
});

/** A registry over TLS; `how` it treats who speaks plain HTTP: as Node's server, Go's or OpenSSL's does. */
async function overTls(
  certified: { readonly key: string; readonly cert: string },
  how: string,
): Promise<Listening> {
  const server = createTlsServer(certified, (_, response) => response.end());
  return await listening((socket) => {
    socket.once('readable', () => {
      const first: unknown = socket.read();
      const bytes = first instanceof Buffer ? first : Buffer.alloc(0);
      if (bytes[0] === 22) {
        socket.unshift(bytes);
        return void server.emit('connection', socket);
      }
      if (how === 'answers 400') return void socket.end('HTTP/1.0 400 Bad Request\r\n\r\nClient sent HTTP\n');
      if (how === 'sends an alert') return void socket.end(Buffer.from([21, 3, 1, 0, 2, 2, 70]));
      socket.resetAndDestroy();
    });
  });
}

interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** Something that listens on all of this machine's own addresses. */
async function listening(onConnection: (socket: Socket) => void): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'hubwright-tls-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** What a client that trusts these authorities says of a server with this certificate. */
async function troubleWith(
  certified: { readonly key: string; readonly cert: string },
  address: string,
  trusted: readonly string[],
): Promise<string> {
  const server = createTlsServer(certified, (request, response) => response.end());
  server.listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, ...trusted]);
  const client = createRegistryClient({ credentials: async () => undefined, retry: { baseMs: 60_000 } });
  const outcome = await client.ping(`${address}:${port}`, signal);
  setDefaultCACertificates(before);
  server.close();
  return JSON.stringify(outcome);
}

async function selfSigned(folder: string, days = '2'): Promise<{ key: string; cert: string }> {
  const at = (name: string): string => join(folder, name);
  const [keyPath, requestPath, certPath] = [at('key.pem'), at('request.pem'), at('cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = ['-subj', '/CN=rig', '-addext', 'subjectAltName=IP:127.0.0.2'];
  await execa('openssl', ['req', '-new', ...kind, ...names, '-keyout', keyPath, '-out', requestPath]);
  const signing = ['-signkey', keyPath, '-copy_extensions', 'copyall', '-days', days];
  await execa('openssl', ['x509', '-req', '-in', requestPath, ...signing, '-out', certPath]);
  return { key: await readFile(keyPath, 'utf8'), cert: await readFile(certPath, 'utf8') };
}
