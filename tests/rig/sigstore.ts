/**
 * Sigstore's services on this machine, for tests that need no Go: Fulcio, Rekor and a timestamp authority over their real
 * protocols. Certificates, entries and timestamps are made by the library that Sigstore tests its own client with; what
 * it lets through is guarded here: tokens are verified, the key's holder has to prove that, and an envelope's entry is
 * written as Rekor writes it. The real servers: tests/full/keyless.test.ts.
 */
import { createHash, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { fulcioHandler, initializeCA } from '@sigstore/mock/dist/fulcio/index.js';
import { initializeTLog, rekorHandler } from '@sigstore/mock/dist/rekor/index.js';
import { initializeTSA } from '@sigstore/mock/dist/timestamp/index.js';
import type { OidcIssuer } from './oidc-issuer.ts';

export interface SigstoreRig extends AsyncDisposable {
  /** Of all its services. */
  readonly address: string;
  /** Paths that were asked, in their order. */
  readonly asked: readonly string[];
  /** PEM. */
  readonly files: { readonly ca: string; readonly timestamps: string; readonly rekor: string };
  /** A trusted root with these services, or some of them. */
  trustedRoot(parts?: readonly ('timestamps' | 'rekor')[]): string;
}

export interface SigstoreOptions {
  readonly issuer: OidcIssuer;
  /** For how long certificates are good; Fulcio's are for ten minutes. */
  readonly certificateSeconds?: number;
}

const certificateMs = 10 * 60_000;

/** Starts them on a free port of this machine. */
export async function startSigstore(options: SigstoreOptions): Promise<SigstoreRig> {
  const { issuer, certificateSeconds } = options;
  // The library asks these for the time; in whole seconds, for its readers know no tenths.
  const [issued, seen] = [new Date(), new Date()];
  const age = certificateSeconds === undefined ? 0 : certificateMs - certificateSeconds * 1000;
  const keys = { ca: pair(), log: pair(), clock: pair() };
  const ca = await initializeCA(keys.ca, undefined, issued);
  const log = await initializeTLog('http://rekor.rig', keys.log, seen);
  const tsa = await initializeTSA(keys.clock, seen);
  const asked: string[] = [];

  async function answer(path: string, body: Buffer): Promise<Answer> {
    asked.push(path);
    set(issued, age);
    set(seen);
    if (path === '/api/v2/signingCert') {
      const no = refusal(issuer, body);
      // A person's account, or a service's, is known by its address.
      const hasEmail = no === undefined && issuer.read(tokenIn(body))?.['email'] !== undefined;
      return (
        no ?? (await fulcioHandler(ca, { subjectClaim: hasEmail ? 'email' : 'sub' }).fn(body.toString()))
      );
    }
    if (path === '/api/v1/log/entries') return await rekorHandler(log).fn(canonical(body));
    if (path === '/api/v1/timestamp') {
      const artifactHash = hashIn(body);
      if (artifactHash === undefined) return { statusCode: 400, response: 'no RFC 3161 request' };
      const response = await tsa.timestamp({
        artifactHash,
        hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
        nonce: 0,
        policyOID: '1.3.6.1.4.1.57264.2',
        certReq: true,
      });
      return {
        statusCode: 201,
        response: Buffer.from(response.buffer),
        contentType: 'application/timestamp-reply',
      };
    }
    return { statusCode: 404, response: 'no such thing' };
  }

  const server = createServer((request, response) => {
    void buffer(request)
      .then((body) => answer(new URL(request.url ?? '/', 'http://rig.invalid').pathname, body))
      .then(({ statusCode, response: body, contentType = 'application/json' }) => {
        response
          .writeHead(statusCode, { 'content-type': contentType })
          .end(typeof body === 'string' ? body : bytesOf(body));
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on TCP, so it is no pipe's name.

  const root = ca.rootCertificate;
  const clocks = [tsa.intCertificate, tsa.rootCertificate];
  const logKey = createPublicKey({ key: log.publicKey, format: 'der', type: 'spki' });
  return {
    address: `http://127.0.0.1:${port}`,
    asked,
    files: {
      ca: pem(root),
      timestamps: clocks.map(pem).join(''),
      rekor: logKey.export({ type: 'spki', format: 'pem' }).toString(),
    },
    trustedRoot: (parts = ['timestamps', 'rekor']) =>
      JSON.stringify({
        mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
        certificateAuthorities: [chainOf([root])],
        timestampAuthorities: parts.includes('timestamps') ? [chainOf(clocks)] : [],
        tlogs: parts.includes('rekor') ? [logOf(log.publicKey)] : [],
        ctlogs: [],
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

type Bytes = ArrayBufferView<ArrayBuffer>;

function pair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function set(clock: Date, backMs = 0): void {
  clock.setTime(Math.floor((Date.now() - backMs) / 1000) * 1000);
}

interface Answer {
  readonly statusCode: number;
  readonly response: string | Bytes;
  readonly contentType?: string | undefined;
}

/** As Fulcio refuses: a token that is not genuine or not for it, or a key that its holder cannot prove. */
function refusal(issuer: OidcIssuer, body: Buffer): Answer | undefined {
  // What our own client sends.
  const { credentials, publicKeyRequest } = JSON.parse(body.toString()) as {
    readonly credentials: { readonly oidcIdentityToken: string };
    readonly publicKeyRequest: {
      readonly publicKey: { readonly content: string };
      readonly proofOfPossession: string;
    };
  };
  const claims = issuer.read(credentials.oidcIdentityToken);
  if (claims === undefined || claims['aud'] !== 'sigstore')
    return refused(401, 16, 'There was an error processing the identity token');
  const key = createPublicKey(publicKeyRequest.publicKey.content);
  const proof = Buffer.from(publicKeyRequest.proofOfPossession, 'base64');
  const subject = Buffer.from(String(claims['email'] ?? claims['sub']));
  if (verify('sha256', subject, key, proof)) return undefined;
  return refused(400, 3, 'The signature supplied in the request could not be verified');
}

function tokenIn(body: Buffer): string {
  // What our own client sends, and was verified.
  const request = JSON.parse(body.toString()) as { credentials: { oidcIdentityToken: string } };
  return request.credentials.oidcIdentityToken;
}

function refused(statusCode: number, code: number, message: string): Answer {
  return { statusCode, response: JSON.stringify({ code, message, details: [] }) };
}

/** An entry as Rekor keeps it: of an envelope only hashes, signatures and who verifies them. */
function canonical(body: Buffer): string {
  // What our own client sends.
  const proposed = JSON.parse(body.toString()) as {
    readonly kind: string;
    readonly apiVersion: string;
    readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: string[] } };
  };
  if (proposed.kind !== 'dsse') return body.toString();
  const { envelope, verifiers } = proposed.spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as {
    readonly payload: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
  return JSON.stringify({
    apiVersion: proposed.apiVersion,
    kind: 'dsse',
    spec: {
      envelopeHash: hash(Buffer.from(envelope)),
      payloadHash: hash(Buffer.from(payload, 'base64')),
      signatures: signatures.map(({ sig }) => ({ signature: sig, verifier: verifiers[0] })),
    },
  });
}

function hash(bytes: Buffer): object {
  return { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') };
}

/** The SHA-256 in a TimeStampReq of version 1 that wants certificates and has no nonce; undefined for anything else. */
function hashIn(request: Buffer): Buffer | undefined {
  const head = Buffer.from('30390201013031300d060960864801650304020105000420', 'hex');
  const isOne = request.length === head.length + 35 && request.subarray(0, head.length).equals(head);
  const end = request.subarray(-3).equals(Buffer.from('0101ff', 'hex'));
  return isOne && end ? request.subarray(head.length, -3) : undefined;
}

function pem(der: Bytes): string {
  return new X509Certificate(bytesOf(der)).toString();
}

function bytesOf(der: Bytes): Buffer {
  return Buffer.from(der.buffer, der.byteOffset, der.byteLength);
}

function chainOf(certificates: readonly Bytes[]): object {
  const raw = certificates.map((each) => ({ rawBytes: bytesOf(each).toString('base64') }));
  return { certChain: { certificates: raw }, validFor: { start: '2020-01-01T00:00:00Z' } };
}

function logOf(publicKey: Buffer): object {
  return {
    baseUrl: 'http://rekor.rig',
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: publicKey.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: createHash('sha256').update(publicKey).digest('base64') },
  };
}
