/**
 * A token server for tests, as distribution's token specification has it: GET with Basic or without a login,
 * POST with a refresh token. Signs real tokens that docker-registry verifies. Counts what it is asked.
 */
import { sign, createPrivateKey, randomUUID, X509Certificate, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';

export const REFRESH_TOKEN = 'refresh-token-of-the-rig';

export interface TokenRequestSeen {
  readonly method: string;
  readonly scopes: readonly string[];
  readonly authorization: string | undefined;
}

export interface TokenServer extends AsyncDisposable {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  readonly certificatePath: string;
  readonly seen: readonly TokenRequestSeen[];
  /** Every token that it gave out. */
  readonly issued: readonly string[];
}

interface Options {
  /** Where key and certificate are written. */
  readonly folder: string;
  readonly login: { readonly username: string; readonly password: string };
  /** What is announced as `expires_in`, and how long tokens are good. */
  readonly lifetimeSeconds: number;
}

/** Strangers may pull from repositories under `public/`, the login may do everything. */
export async function startTokenServer(options: Options): Promise<TokenServer> {
  const keyPath = join(options.folder, 'token-key.pem');
  const certificatePath = join(options.folder, 'token-certificate.pem');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = ['-subj', '/CN=token rig', '-days', '2'];
  await execa('openssl', ['req', '-x509', ...kind, ...names, '-keyout', keyPath, '-out', certificatePath]);
  const key = createPrivateKey(await readFile(keyPath));
  const certificate = new X509Certificate(await readFile(certificatePath));
  const seen: TokenRequestSeen[] = [];
  const issued: string[] = [];
  const server = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: object }> {
    const url = new URL(request.url ?? '/', 'http://rig.invalid');
    const form = new URLSearchParams(await text(request));
    const asked = request.method === 'POST' ? form.getAll('scope') : url.searchParams.getAll('scope');
    const scopes = asked.flatMap((scope) => scope.split(' ')).filter((scope) => scope !== '');
    const { authorization } = request.headers;
    seen.push({ method: request.method ?? '', scopes, authorization });
    const basic = `Basic ${Buffer.from(`${options.login.username}:${options.login.password}`).toString('base64')}`;
    const known =
      request.method === 'POST' ? form.get('refresh_token') === REFRESH_TOKEN : authorization === basic;
    if (!known && (authorization !== undefined || request.method === 'POST')) {
      return { status: 401, body: { details: 'wrong login' } };
    }
    const token = makeToken(key, certificate, scopes, known, options.lifetimeSeconds);
    issued.push(token);
    const field = request.method === 'POST' ? 'access_token' : 'token';
    return { status: 200, body: { [field]: token, expires_in: options.lifetimeSeconds } };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  return {
    realm: `http://127.0.0.1:${port}/token`,
    service: 'registry rig',
    issuer: 'token rig',
    certificatePath,
    seen,
    issued,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function makeToken(
  key: KeyObject,
  certificate: X509Certificate,
  scopes: readonly string[],
  known: boolean,
  lifetimeSeconds: number,
): string {
  const access = scopes.flatMap((scope) => {
    const [type = '', name = '', actions = ''] = scope.split(':');
    const granted = actions
      .split(',')
      .filter((action) => known || (action === 'pull' && name.startsWith('public/')));
    return granted.length === 0 ? [] : [{ type, name, actions: granted }];
  });
  const now = Math.floor(Date.now() / 1000);
  const header = { typ: 'JWT', alg: 'ES256', x5c: [certificate.raw.toString('base64')] };
  const claims = {
    iss: 'token rig',
    sub: known ? 'tester' : '',
    aud: 'registry rig',
    exp: now + lifetimeSeconds,
    nbf: now - 1,
    iat: now,
    jti: randomUUID(),
    access,
  };
  const signed = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function base64url(value: string): string {
  return Buffer.from(value).toString('base64url');
}
