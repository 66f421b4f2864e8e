import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { connectDocker } from '../../../src/engine/docker/docker-engine.ts';
import { openTransport } from '../../../src/engine/docker/transport.ts';
import { engineVariables, findEngine } from '../../../src/engine/engine-address.ts';
import { temporaryFolder } from '../../rig/temporary-folder.ts';

/** An engine behind a certificate that nobody vouches for; it answers nothing, and counts who got through to it. */
async function tlsEngine(folder: string) {
  const [key, cert] = [path.join(folder, 'server-key.pem'), path.join(folder, 'server.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  await promisify(execFile)('openssl', ['req', '-x509', ...kind, ...names, '-keyout', key, '-out', cert]);
  const engine = { requests: 0, certificate: await readFile(cert, 'utf8') };
  const server = createServer(
    { key: await readFile(key, 'utf8'), cert: engine.certificate },
    (_, response) => {
      engine.requests += 1;
      response.writeHead(503).end('{"message":"not today"}');
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // One address is on TCP: a server on a socket of the file system would have a text.
  const { port } = server.address() as AddressInfo;
  return {
    engine,
    address: `tcp://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The environment of a machine whose Docker context `remote` is this endpoint, with certificates where some are given. */
async function contextOf(home: string, endpoint: object, ca?: string) {
  const id = createHash('sha256').update('remote').digest('hex');
  const contexts = path.join(home, '.docker', 'contexts');
  const meta = path.join(contexts, 'meta', id);
  await mkdir(meta, { recursive: true });
  const content = { Name: 'remote', Metadata: {}, Endpoints: { docker: endpoint } };
  await writeFile(path.join(meta, 'meta.json'), JSON.stringify(content));
  if (ca !== undefined) {
    const folder = path.join(contexts, 'tls', id, 'docker');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'ca.pem'), ca);
  }
  return { DOCKER_CONFIG: path.join(home, '.docker'), DOCKER_CONTEXT: 'remote' };
}

const { signal } = new AbortController();

async function askIn(env: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const asked = await connectDocker().info(signal);
  return asked.ok ? 'answered' : asked.error.message;
}

afterEach(() => vi.unstubAllEnvs());

test('a context that skips the verification of TLS is asked over TLS, whoever its certificate is from', async () => {
  await using home = await temporaryFolder();
  await using running = await tlsEngine(home.path);
  const env = await contextOf(home.path, { Host: running.address, SkipTLSVerify: true });
  expect(await askIn(env)).toBe('not today');
  expect(running.engine.requests).toBeGreaterThan(0);
});

test('a context that skips it keeps its own certificates', async () => {
  await using home = await temporaryFolder();
  await using running = await tlsEngine(home.path);
  const endpoint = { Host: running.address, SkipTLSVerify: true };
  const env = await contextOf(home.path, endpoint, 'of another authority');
  const folder = path.join(home.path, '.docker/contexts/tls');
  const found = findEngine(env);
  const certificates = found.kind === 'known' ? found.tls?.certificates : undefined;
  expect(certificates?.startsWith(folder)).toBe(true);
  // Docker's library verifies wherever DOCKER_TLS_VERIFY is set, and else takes any certificate.
  expect(engineVariables(found)).toEqual({
    DOCKER_HOST: running.address,
    DOCKER_CERT_PATH: certificates,
  });
});

test('a connection that changes its protocol is held to the same', async () => {
  await using home = await temporaryFolder();
  await using running = await tlsEngine(home.path);
  const env = await contextOf(home.path, { Host: running.address }, running.engine.certificate);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const transport = openTransport(undefined);
  const upgraded = await transport.upgrade({ method: 'POST', path: '/session' }, signal);
  transport.close();
  expect(upgraded).toEqual({ ok: false, error: { kind: 'failed', message: 'not today' } });
});

test('any other context is held to the certificates that it was given', async () => {
  await using home = await temporaryFolder();
  await using running = await tlsEngine(home.path);
  const trusted = await contextOf(home.path, { Host: running.address }, running.engine.certificate);
  expect(await askIn(trusted)).toBe('not today');

  await using elsewhere = await temporaryFolder();
  await using other = await tlsEngine(elsewhere.path);
  const untrusted = await contextOf(home.path, { Host: other.address }, running.engine.certificate);
  expect(await askIn(untrusted)).toMatch(/certificate/);
  expect(other.engine.requests).toBe(0);
});
