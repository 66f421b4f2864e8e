/**
 * One image's build: a session of its own, the request, and one answer. How the engine is asked is solve.ts's,
 * or build-endpoint.ts's for requests that are too long for it.
 * Loaded with the first build only, for HTTP/2 comes along.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { BuildEvent, BuildFailure, BuildRequest, BuiltImage, ImageStore } from '../engine.ts';
import { buildFailure } from './build-failure.ts';
import { postBuild } from './build-endpoint.ts';
import { buildTrace } from './build-trace.ts';
import { ContextChanged, contextTree, emptyTree, memoryTree } from './context-sync.ts';
import { openSession } from './session.ts';
import { canSolve, solve } from './solve.ts';
import type { Transport } from './transport.ts';

/** The file's name in a folder of its own, apart from the context, so that `COPY . .` never sees it. */
const dockerfileName = 'Dockerfile';

/** Builds as `BuildEngine.build` tells. */
export async function build(
  transport: Transport,
  images: ImageStore,
  request: BuildRequest,
  onEvent: (event: BuildEvent) => void,
  signal: AbortSignal,
): Promise<Result<BuiltImage, BuildFailure>> {
  let trouble: unknown;
  const files = dockerfileFolder(request.dockerfile);
  const session = await openSession(
    transport,
    {
      name: request.name,
      dockerfile: memoryTree(files),
      context: request.context === undefined ? emptyTree : contextTree(request.context),
      secrets: request.secrets,
      credentials: request.credentials,
      onFileTrouble: (cause) => (trouble ??= cause),
    },
    signal,
  );
  if (!session.ok) return err({ kind: 'engine', error: session.error });
  await using opened = session.value;
  const offered = { session: opened.id, dockerfile: dockerfileName, files };
  const way = canSolve(request) ? solve : postBuild;
  const outcome = await way(transport, request, offered, buildTrace(onEvent), signal);
  if (outcome.kind === 'built') return builtImage(images, outcome.id, signal);
  if (signal.aborted) return err({ kind: 'engine', error: outcome.error });
  if (trouble instanceof ContextChanged)
    return err({ kind: 'context-changed', path: trouble.path, message: trouble.message });
  if (trouble !== undefined) throw trouble;
  if (outcome.kind === 'broken') return err({ kind: 'engine', error: outcome.error });
  // An engine that is being stopped fails its builds with words of its own before it goes.
  const alive = await transport.send({ method: 'GET', path: '/_ping' }, signal);
  if (!alive.ok) return err({ kind: 'engine', error: alive.error });
  return err(await buildFailure(request, outcome.error.message, outcome.step));
}

/**
 * An ignore file of the Dockerfile's own, though it ignores nothing, spares the engine a question for the
 * context's (the listing has been filtered already).
 */
function dockerfileFolder(text: string): Readonly<Record<string, Buffer>> {
  const nothing = Buffer.from('# applied already\n');
  return { [dockerfileName]: Buffer.from(text), [`${dockerfileName}.dockerignore`]: nothing };
}

async function builtImage(
  images: ImageStore,
  id: string,
  signal: AbortSignal,
): Promise<Result<BuiltImage, BuildFailure>> {
  const image = await images.inspect(id, signal);
  if (image.ok) return ok({ id, size: image.value.size, created: image.value.created });
  return err({ kind: 'engine', error: image.error });
}
