/**
 * A BuildKit session: a connection over which the engine asks back during one build, for files,
 * secrets, credentials and signs of life. One session a build, so that no build sees another's
 * secrets.
 */
import { randomUUID } from 'node:crypto';
import { ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { CredentialSource, EngineError } from '../engine.ts';
import type { FileTree } from './context-sync.ts';
import { serveDiffCopy } from './file-sync.ts';
import { CallFailure, grpcStatus, serveGrpc } from './grpc-server.ts';
import type { Handler, ServedCall } from './grpc-server.ts';
import { canonicalHost } from './registry-auth.ts';
import {
  decodeHost,
  decodeSecretId,
  encodeCredentials,
  encodeSecret,
  serving,
  sessionMethods,
} from './session-protocol.ts';
import type { Transport } from './transport.ts';

export interface SessionOffer {
  readonly name: string;
  readonly dockerfile: FileTree;
  readonly context: FileTree;
  readonly secrets: ReadonlyMap<string, Buffer>;
  readonly credentials: CredentialSource;
  /** Told of the first thing that went wrong with a file; the engine hears only a message. */
  readonly onFileTrouble: (cause: unknown) => void;
}

/** A session as a build is asked for with it. */
export interface Offered {
  readonly session: string;
  /** The Dockerfile's name. */
  readonly dockerfile: string;
  /** The folder that the Dockerfile lies in, for a request that carries it; the session offers the same. */
  readonly files: Readonly<Record<string, Buffer>>;
}

export interface Session extends AsyncDisposable {
  readonly id: string;
}

/** Opens a session on the engine; dispose of it when the build has ended. */
export async function openSession(
  transport: Transport,
  offer: SessionOffer,
  signal: AbortSignal,
): Promise<Result<Session, EngineError>> {
  const id = randomUUID();
  const connection = await transport.upgrade(
    {
      method: 'POST',
      path: '/session',
      headers: {
        Upgrade: 'h2c',
        'X-Docker-Expose-Session-Uuid': id,
        'X-Docker-Expose-Session-Name': offer.name,
        // The engine keeps what an earlier session with the same key sent, and asks for a file again only if its
        // name, size or time differ. Our times never do, so sessions share a key for the very same files alone.
        'X-Docker-Expose-Session-Sharedkey': offer.context.identity,
        'X-Docker-Expose-Session-Grpc-Method': Object.values(sessionMethods),
      },
    },
    signal,
  );
  if (!connection.ok) return connection;
  const served = await serveGrpc(connection.value, handlersOf(offer));
  return ok({ id, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() });
}

/** Auth has more methods, which the engine tries first; without them it falls back to Credentials. */
function handlersOf(offer: SessionOffer): ReadonlyMap<string, Handler> {
  return new Map([
    [sessionMethods.files, (call) => serveDiffCopy(call, treeFor(call, offer), offer.onFileTrouble)],
    [sessionMethods.secret, unary((request) => secretOf(offer.secrets, decodeSecretId(request)))],
    [sessionMethods.credentials, unary((request) => credentialsOf(offer.credentials, decodeHost(request)))],
    // The engine asks every five seconds and ends a session that does not answer.
    [sessionMethods.health, unary(async () => serving)],
  ]);
}

function treeFor({ headers }: ServedCall, offer: SessionOffer): FileTree {
  return headers['dir-name'] === 'dockerfile' ? offer.dockerfile : offer.context;
}

/** A call with one message and one answer. */
function unary(answer: (request: Buffer) => Promise<Buffer>): Handler {
  return async ({ messages, send }) => {
    for await (const request of messages) return await send(await answer(request));
    throw new CallFailure(grpcStatus.internal, 'the call has no message');
  };
}

async function secretOf(secrets: ReadonlyMap<string, Buffer>, id: string): Promise<Buffer> {
  const data = secrets.get(id);
  if (data === undefined) throw new CallFailure(grpcStatus.notFound, `secret ${id} was not given`);
  return encodeSecret(data);
}

async function credentialsOf(credentials: CredentialSource, host: string): Promise<Buffer> {
  const found = await credentials(canonicalHost(host));
  if (found === undefined) return encodeCredentials({});
  if (found.identityToken !== undefined) return encodeCredentials({ secret: found.identityToken });
  return encodeCredentials({ username: found.username, secret: found.password });
}
