/**
 * An OpenID Connect issuer as a build server is one: discovery, keys, signed identity tokens, and GitHub Actions' way
 * of asking for one (a bearer token, and the audience in the query), and Google's (the metadata server's header).
 */
import { createPublicKey, generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Who runs on the rig's Google. */
export const serviceAccount = 'builder@project.iam.gserviceaccount.com';
const metadataPath = '/computeMetadata/v1/instance/service-accounts/default/identity';

/** Claims beside the issuer's own. */
export interface TokenWish {
  readonly sub: string;
  readonly aud?: string;
  readonly email?: string;
  /** Negative: it has ended already. */
  readonly lifetimeSeconds?: number;
}

export interface OidcIssuer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`: the `iss` of its tokens. */
  readonly address: string;
  /** Every token that it gave out. */
  readonly issued: readonly string[];
  /** The environment of a job on GitHub whose tokens say that it is `sub`. */
  readonly github: (sub: string) => Readonly<Record<string, string>>;
  token(wish: TokenWish): string;
  /** The token's claims, where this issuer signed it and it has not ended. */
  read(token: string): Readonly<Record<string, unknown>> | undefined;
}

/** Starts it on a free port of this machine. */
export async function startOidcIssuer(): Promise<OidcIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const bearer = `request-token-${randomUUID()}`;
  const issued: string[] = [];
  let address = '';

  const token = ({ sub, aud = 'sigstore', email, lifetimeSeconds = 300 }: TokenWish): string => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: address, sub, aud, iat: now - 600, nbf: now - 600, exp: now + lifetimeSeconds };
    const mail = email === undefined ? {} : { email, email_verified: true };
    const body = `${part({ alg: 'RS256', kid: 'rig', typ: 'JWT' })}.${part({ ...claims, ...mail, jti: randomUUID() })}`;
    const made = `${body}.${sign('sha256', Buffer.from(body), privateKey).toString('base64url')}`;
    issued.push(made);
    return made;
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', address);
    const answer = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname === '/.well-known/openid-configuration') {
      answer(200, {
        issuer: address,
        jwks_uri: `${address}/keys`,
        authorization_endpoint: `${address}/none`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      });
    } else if (url.pathname === '/keys') {
      const jwk = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({
        format: 'jwk',
      });
      answer(200, { keys: [{ ...jwk, kid: 'rig', alg: 'RS256', use: 'sig' }] });
    } else if (url.pathname === '/github' && request.headers.authorization === `Bearer ${bearer}`) {
      const aud = url.searchParams.get('audience') ?? 'nobody';
      answer(200, { value: token({ sub: url.searchParams.get('sub') ?? '', aud }) });
    } else if (url.pathname === metadataPath && request.headers['metadata-flavor'] === 'Google') {
      const aud = url.searchParams.get('audience') ?? 'nobody';
      // Without the whole form Google leaves the address out.
      const email = url.searchParams.get('format') === 'full' ? { email: serviceAccount } : {};
      response
        .writeHead(200, { 'metadata-flavor': 'Google' })
        .end(token({ sub: '1234567890', aud, ...email }));
    } else answer(url.pathname === '/github' ? 401 : 404, { message: 'no' });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.
  address = `http://127.0.0.1:${port}`;
  return {
    address,
    issued,
    token,
    github: (sub) => ({
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${address}/github?${new URLSearchParams({ sub }).toString()}`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer,
    }),
    read(text) {
      const [head = '', body = '', signature = ''] = text.split('.');
      const isOurs = verify(
        'sha256',
        Buffer.from(`${head}.${body}`),
        publicKey,
        Buffer.from(signature, 'base64url'),
      );
      if (!isOurs) return undefined;
      // Ours: it is as `token` made it.
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Record<string, unknown>;
      return Number(claims['exp']) * 1000 > Date.now() ? claims : undefined;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A part of a JSON Web Token. */
function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
