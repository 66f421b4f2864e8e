/**
 * A BuildKit session: a connection over which the engine asks back during one build, for files,
 * secrets, credentials and signs of life. One session a build, so that no build sees another's
 * secrets.
 */
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import { ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { CredentialSource, EngineError } from '../engine.ts';
import type { FileTree } from './context-sync.ts';
import { serveDiffCopy } from './file-sync.ts';
import type { DiffCopyCall } from './file-sync.ts';
import { canonicalHost } from './registry-auth.ts';
import { serviceDefinition } from './session-protocol.ts';
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

/** A session as a build is asked for with it: its ID, and the Dockerfile's name in what it offers. */
export interface Offered {
  readonly session: string;
  readonly dockerfile: string;
}

export interface Session extends AsyncDisposable {
  readonly id: string;
}

const names = {
  files: 'moby.filesync.v1.FileSync',
  auth: 'moby.filesync.v1.Auth',
  secrets: 'moby.buildkit.secrets.v1.Secrets',
  health: 'grpc.health.v1.Health',
} as const;

/** What the engine is told it may call; it calls Health and Auth's other methods in any case. */
const offeredMethods = [
  `/${names.files}/DiffCopy`,
  `/${names.auth}/Credentials`,
  `/${names.secrets}/GetSecret`,
  `/${names.health}/Check`,
];

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
        'X-Docker-Expose-Session-Grpc-Method': offeredMethods,
      },
    },
    signal,
  );
  if (!connection.ok) return connection;
  return ok(await serve(id, connection.value, offer));
}

async function serve(id: string, socket: Duplex, offer: SessionOffer): Promise<Session> {
  const server = sessionServer(offer);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // The build's own stream tells of a lost engine; here it is only kept from being thrown.
  socket.on('error', () => undefined);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  injector.injectConnection(socket);
  // Node reads what had already arrived in a later turn, and throws inside http2 if the connection is closed
  // before that.
  await nextTurn();
  return {
    id,
    async [Symbol.asyncDispose]() {
      injector.drain(0);
      injector.destroy();
      server.forceShutdown();
      socket.destroy();
      if (!socket.closed) await closed;
    },
  };
}

/**
 * All methods that the engine may call are registered, even those we answer with UNIMPLEMENTED:
 * grpc-js answers an unknown path before the request's body has come, which the engine takes for a
 * protocol error that ends the session.
 */
function sessionServer(offer: SessionOffer): Server {
  const server = new Server();
  server.addService(serviceDefinition(names.files), {
    DiffCopy: (call: DiffCopyCall) => serveDiffCopy(call, treeFor(call, offer), offer.onFileTrouble),
  });
  server.addService(serviceDefinition(names.secrets), { GetSecret: secretsHandler(offer.secrets) });
  server.addService(serviceDefinition(names.auth), {
    Credentials: credentialsHandler(offer.credentials),
    FetchToken: unimplemented,
    GetTokenAuthority: unimplemented,
    VerifyTokenAuthority: unimplemented,
  });
  server.addService(serviceDefinition(names.health), { Check: serving });
  return server;
}

function treeFor({ metadata }: DiffCopyCall, offer: SessionOffer): FileTree {
  const [directory] = metadata.get('dir-name');
  return directory === 'dockerfile' ? offer.dockerfile : offer.context;
}

function secretsHandler(
  secrets: ReadonlyMap<string, Buffer>,
): handleUnaryCall<{ readonly id: string }, { readonly data: Buffer }> {
  return ({ request }, answer) => {
    const data = secrets.get(request.id);
    if (data === undefined) answer({ code: status.NOT_FOUND, details: `secret ${request.id} was not given` });
    else answer(null, { data });
  };
}

interface CredentialsAnswer {
  readonly username?: string;
  readonly secret?: string;
}

function credentialsHandler(
  credentials: CredentialSource,
): handleUnaryCall<{ readonly host: string }, CredentialsAnswer> {
  return ({ request }, answer) => {
    credentials(canonicalHost(request.host)).then(
      (found) => {
        if (found === undefined) answer(null, {});
        else if (found.identityToken !== undefined) answer(null, { secret: found.identityToken });
        else answer(null, { username: found.username, secret: found.password });
      },
      (cause: unknown) => answer({ code: status.INTERNAL, details: String(cause) }),
    );
  };
}

/** The engine then falls back to Credentials. */
const unimplemented: handleUnaryCall<object, object> = (_call, answer) =>
  answer({ code: status.UNIMPLEMENTED, details: 'not offered' });

/** The engine asks every five seconds and ends a session that does not answer; 1 is SERVING. */
const serving: handleUnaryCall<object, { readonly status: number }> = (_call, answer) =>
  answer(null, { status: 1 });
