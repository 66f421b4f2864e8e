/**
 * What is asked of the servers behind a signature without a key: Fulcio for a certificate, a timestamp authority
 * (RFC 3161) and Rekor's log for a word on when it was made. Asks and reads; believes none of it (identity.ts does).
 */
import { createHash } from 'node:crypto';
import { RFC3161Timestamp } from '@sigstore/core';
import { parseJson } from '../../registry/parse-json.ts';
import type { Answer, Send } from '../../registry/transport.ts';
import { err, ok, type Result } from '../core/result.ts';
import { entryKind } from './bundle.ts';
import type { IdentityToken } from './identity-token.ts';
import { logEntriesSchema, refusalSchema, signingCertificateSchema } from './schema.ts';
import type { LogEntry, SignerTrouble } from './signer.ts';

const maxBytes = 1024 * 1024;
/** An answer of this kind repeats the envelope that it was asked about. */
const maxEntryBytes = 256 * 1024 * 1024;

/** Certificates in PEM: the one for our key, then those above it. */
export type Chain = readonly [string, ...string[]];

/** A certificate for the key, for whomever the token names. `proof`: the token's subject, signed with it. */
export async function askCertificate(
  send: Send,
  fulcio: string,
  { text }: IdentityToken,
  publicKey: string,
  proof: Buffer,
  signal: AbortSignal,
): Promise<Result<Chain, SignerTrouble>> {
  const body = {
    credentials: { oidcIdentityToken: text },
    publicKeyRequest: {
      publicKey: { algorithm: 'ECDSA', content: publicKey },
      proofOfPossession: proof.toString('base64'),
    },
  };
  const answer = await post(send, `${fulcio}/api/v2/signingCert`, jsonRequest(body), 'fulcio', signal);
  if (!answer.ok) return answer;
  const parsed = parseJson(signingCertificateSchema, answer.value.body);
  const signed = parsed?.signedCertificateEmbeddedSct ?? parsed?.signedCertificateDetachedSct;
  const [first, ...rest] = signed?.chain.certificates ?? [];
  return first === undefined ? err(unexpected(fulcio, 'fulcio', 'no certificate')) : ok([first, ...rest]);
}

/** The authority's word (DER) on when it saw this. */
export async function askTimestamp(
  send: Send,
  address: string,
  what: Buffer,
  signal: AbortSignal,
): Promise<Result<Buffer, SignerTrouble>> {
  const request = {
    body: timestampQuery(what),
    type: 'application/timestamp-query',
    accept: 'application/timestamp-reply',
    maxBytes,
  };
  const answer = await post(send, address, request, 'timestamp', signal);
  if (!answer.ok) return answer;
  const { body } = answer.value;
  try {
    // Read at once: a time in a form that no reader understands would come to light in a signature only.
    const { status, signingTime } = RFC3161Timestamp.parse(Buffer.from(body));
    if (status <= 1n && !Number.isNaN(signingTime.getTime())) return ok(body);
  } catch {
    // Told below.
  }
  return err(unexpected(address, 'timestamp', 'no timestamp that can be read'));
}

/**
 * TimeStampReq of RFC 3161, 2.4.1: version 1, the SHA-256 of what was signed, and the wish for the authority's
 * certificates. No nonce: no two signatures are the same.
 */
function timestampQuery(what: Buffer): Buffer {
  const head = Buffer.from('30390201013031300d060960864801650304020105000420', 'hex');
  const wish = Buffer.from('0101ff', 'hex');
  return Buffer.concat([head, createHash('sha256').update(what).digest(), wish]);
}

/** An entry for an envelope, or for the signature of bytes with this SHA-256. */
export type Entry =
  | { readonly kind: 'envelope'; readonly envelope: Buffer }
  | { readonly kind: 'signature'; readonly sha256: string; readonly signature: string };

/** Has it written into the log. */
export async function askEntry(
  send: Send,
  rekor: string,
  entry: Entry,
  certificate: string,
  signal: AbortSignal,
): Promise<Result<LogEntry, SignerTrouble>> {
  const key = Buffer.from(certificate).toString('base64');
  const proposed =
    entry.kind === 'envelope'
      ? {
          kind: 'dsse',
          apiVersion: '0.0.1',
          spec: { proposedContent: { envelope: entry.envelope.toString('utf8'), verifiers: [key] } },
        }
      : {
          kind: 'hashedrekord',
          apiVersion: '0.0.1',
          spec: {
            data: { hash: { algorithm: 'sha256', value: entry.sha256 } },
            signature: { content: entry.signature, publicKey: { content: key } },
          },
        };
  const request = { ...jsonRequest(proposed), maxBytes: maxEntryBytes };
  const answer = await post(send, `${rekor}/api/v1/log/entries`, request, 'rekor', signal);
  if (!answer.ok) return answer;
  const [found] = Object.values(parseJson(logEntriesSchema, answer.value.body) ?? {});
  // Looked at here: what cannot be told of an entry would come to light when its bundle is written.
  return found === undefined || entryKind(found.body) === undefined
    ? err(unexpected(rekor, 'rekor', 'no entry that can be read'))
    : ok(found);
}

interface Request {
  readonly body: Buffer;
  readonly type: string;
  readonly accept: string;
  readonly maxBytes: number;
}

function jsonRequest(body: object): Request {
  const type = 'application/json';
  return { body: Buffer.from(JSON.stringify(body)), type, accept: type, maxBytes };
}

type Service = 'fulcio' | 'rekor' | 'timestamp';

async function post(
  send: Send,
  address: string,
  { body, type, accept, maxBytes: most }: Request,
  service: Service,
  signal: AbortSignal,
): Promise<Result<Answer, SignerTrouble>> {
  const url = new URL(address);
  const headers = { 'content-type': type, accept };
  const answer = await send(
    {
      method: 'POST',
      url,
      host: url.host,
      headers,
      body: new Uint8Array(body),
      // Asked twice it says the same once more.
      isRepeatable: true,
      maxBytes: most,
    },
    signal,
  );
  if (answer.kind === 'failed') {
    if (answer.error.kind === 'cancelled') return err({ kind: 'cancelled', message: 'cancelled' });
    return err(
      trouble('unreachable', service, `${nameOf[service]} cannot be asked: ${answer.error.message}`),
    );
  }
  if (answer.status === 200 || answer.status === 201) return ok(answer);
  const said = parseJson(refusalSchema, answer.body)?.message ?? answer.body.toString('utf8');
  const words =
    said
      .replaceAll(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 300) || 'it says nothing';
  const isTheirs = answer.status >= 500 || answer.status === 429 || answer.status === 404;
  return err(
    trouble(
      isTheirs ? 'unreachable' : 'failed',
      service,
      `${nameOf[service]} at ${url.host} answers ${answer.status}: ${words}`,
    ),
  );
}

const nameOf: Readonly<Record<Service, string>> = {
  fulcio: 'Fulcio',
  rekor: 'Rekor',
  timestamp: 'the timestamp authority',
};

function unexpected(address: string, service: Service, what: string): SignerTrouble {
  return trouble(
    'unreachable',
    service,
    `${nameOf[service]} at ${new URL(address).host} answers with ${what}`,
  );
}

function trouble(kind: 'unreachable' | 'failed', service: Service, message: string): SignerTrouble {
  return { kind, code: `${service}-${kind === 'failed' ? 'refused' : 'unreachable'}`, message };
}
