/**
 * One image's build: a session of its own, the request, the stream of its progress, and one answer.
 * Loaded with the first build only, for gRPC and protobuf come along.
 */
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type {
  BuildEvent,
  BuildFailure,
  BuildRequest,
  BuiltImage,
  EngineError,
  ImageStore,
} from '../engine.ts';
import { buildFailure } from './build-failure.ts';
import { buildTrace } from './build-trace.ts';
import type { FailedStep } from './build-trace.ts';
import { ContextChanged, contextTree, emptyTree, memoryTree } from './context-sync.ts';
import { MalformedReply } from './errors.ts';
import type { FileTree } from './context-sync.ts';
import { errorOfLine, progressLines } from './json-lines.ts';
import { buildAux } from './schema.ts';
import { openSession } from './session.ts';
import { decodeTrace } from './session-protocol.ts';
import type { TraceStatus } from './session-protocol.ts';
import type { EngineRequest, Transport } from './transport.ts';

/** The file's name within the session; it lies apart from the context, so that `COPY . .` never sees it. */
const dockerfileName = 'Dockerfile';

/** What the engine's stream came to. */
type Outcome =
  | { readonly kind: 'built'; readonly id: string }
  | { readonly kind: 'failed'; readonly error: EngineError; readonly step: FailedStep | undefined }
  | { readonly kind: 'broken'; readonly error: EngineError };

/** Builds as `BuildEngine.build` tells. */
export async function build(
  transport: Transport,
  images: ImageStore,
  request: BuildRequest,
  onEvent: (event: BuildEvent) => void,
  signal: AbortSignal,
): Promise<Result<BuiltImage, BuildFailure>> {
  let trouble: unknown;
  const session = await openSession(
    transport,
    {
      name: request.name,
      dockerfile: dockerfileTree(request.dockerfile),
      context: request.context === undefined ? emptyTree : contextTree(request.context),
      secrets: request.secrets,
      credentials: request.credentials,
      onFileTrouble: (cause) => (trouble ??= cause),
    },
    signal,
  );
  if (!session.ok) return err({ kind: 'engine', error: session.error });
  await using opened = session.value;
  const outcome = await run(transport, buildQuery(request, opened.id), onEvent, signal);
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
function dockerfileTree(text: string): FileTree {
  const nothing = Buffer.from('# applied already\n');
  return memoryTree({ [dockerfileName]: Buffer.from(text), [`${dockerfileName}.dockerignore`]: nothing });
}

function buildQuery(request: BuildRequest, session: string): EngineRequest {
  return {
    method: 'POST',
    path: '/build',
    query: {
      version: 2,
      remote: 'client-session',
      session,
      dockerfile: dockerfileName,
      buildargs: JSON.stringify(request.args),
      labels: JSON.stringify(request.labels),
      t: request.tags,
      target: request.target,
      nocache: request.noCache ? 1 : undefined,
    },
  };
}

async function run(
  transport: Transport,
  request: EngineRequest,
  onEvent: (event: BuildEvent) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const body = await transport.stream(request, signal);
  if (!body.ok) return { kind: 'broken', error: body.error };
  const trace = buildTrace(onEvent);
  let id: string | undefined;
  let error: EngineError | undefined;
  try {
    for await (const line of progressLines(body.value)) {
      error ??= errorOfLine(line);
      if (line.id === 'moby.buildkit.trace') trace.add(traceOf(line.aux));
      else if (line.id === 'moby.image.id') id = idOf(line.aux);
    }
    trace.finish();
  } catch (cause) {
    return { kind: 'broken', error: transport.errorOf(cause, signal) };
  }
  if (error !== undefined) return { kind: 'failed', error, step: trace.failed() };
  if (id !== undefined) return { kind: 'built', id };
  return { kind: 'broken', error: { kind: 'failed', message: 'the build ended without an image' } };
}

function idOf(aux: unknown): string {
  const told = buildAux.safeParse(aux);
  if (told.success) return told.data.ID;
  throw new MalformedReply('the engine sent an image without an ID');
}

function traceOf(aux: unknown): TraceStatus {
  try {
    if (typeof aux === 'string') return decodeTrace(aux);
  } catch {
    // Not the protobuf message that it is said to be: told as any other line that is not understood.
  }
  throw new MalformedReply('the engine sent a trace that is not understood');
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
