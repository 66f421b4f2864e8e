/**
 * A build by BuildKit's own interface within the engine, as buildx has it done: one call that solves, one that tells
 * how it goes. Unlike the build endpoint it can leave the engine's history of builds alone, a third of what it
 * writes for a small image (docs/decisions/0013-no-build-history.md).
 */
import { randomUUID } from 'node:crypto';
import type { BuildRequest } from '../engine.ts';
import { filesDefinition } from './llb.ts';
import type { BuildTrace } from './build-trace.ts';
import { errorOfTransfer } from './errors.ts';
import { brokenOff, built, failed, type Outcome } from './build-outcome.ts';
import { grpcCalls, type CallEnd, type GrpcCalls } from './grpc-calls.ts';
import { decodeSolved, decodeStatus, encodeSolve, encodeStatusRequest } from './session-protocol.ts';
import type { SolveRequest } from './session-protocol.ts';
import type { Transport } from './transport.ts';
import type { Offered } from './session.ts';

/** How long the last of a build's progress is waited for once the build has ended; BuildKit's own client waits as long. */
const lastWordsMs = 3000;

/**
 * With a failure the engine sends the Dockerfile twice, and of the step that failed its command and environment twice,
 * in one header of four thirds of that, of which Node takes 64 KiB. Requests with more text than this go another way.
 */
const textLimit = 10 * 1024;

/** As BuildKit itself calls it where it asks the session. */
const dockerfileStep = '[internal] load build definition from Dockerfile';

/** Whether whatever the engine may answer to this request can be read. */
export function canSolve({ dockerfile, args, labels }: BuildRequest): boolean {
  return Buffer.byteLength(dockerfile) + JSON.stringify([args, labels]).length <= textLimit;
}

/** Builds what the session offers. */
export async function solve(
  transport: Transport,
  request: BuildRequest,
  offered: Offered,
  trace: BuildTrace,
  signal: AbortSignal,
): Promise<Outcome> {
  const connection = await transport.upgrade(
    { method: 'POST', path: '/grpc', headers: { Upgrade: 'h2c' } },
    signal,
  );
  if (!connection.ok) return brokenOff(connection.error);
  using calls = grpcCalls(connection.value);
  const ref = randomUUID();
  const unheard = new AbortController();
  let lastWords: NodeJS.Timeout | undefined;
  const endSoon = (): void => {
    lastWords = setTimeout(() => unheard.abort(), lastWordsMs);
  };
  try {
    const [{ end, image }] = await Promise.all([
      ask(calls, solveRequest(request, ref, offered), signal).finally(endSoon),
      follow(calls, ref, trace, AbortSignal.any([signal, unheard.signal])),
    ]);
    trace.finish();
    return end.status === 0 ? built(image) : failed(errorOfTransfer(end.message), trace.failed());
  } catch (cause) {
    return brokenOff(transport.errorOf(cause, signal), trace.failed());
  } finally {
    clearTimeout(lastWords);
  }
}

async function ask(
  calls: GrpcCalls,
  request: SolveRequest,
  signal: AbortSignal,
): Promise<{ readonly end: CallEnd; readonly image: string | undefined }> {
  const answer = calls.call('/moby.buildkit.v1.Control/Solve', encodeSolve(request), signal);
  let image: string | undefined;
  for (;;) {
    const next = await answer.next();
    if (next.done === true) return { end: next.value, image };
    image = decodeSolved(next.value)['containerimage.digest'];
  }
}

/** Tells the trace how the build goes, as long as that is told; how it ends is the other call's answer. */
async function follow(calls: GrpcCalls, ref: string, trace: BuildTrace, signal: AbortSignal): Promise<void> {
  const answer = calls.call('/moby.buildkit.v1.Control/Status', encodeStatusRequest(ref), signal);
  for (;;) {
    const next = await answer.next().catch(() => undefined);
    if (next === undefined || next.done === true) return;
    trace.add(decodeStatus(next.value));
  }
}

/**
 * As the engine's build endpoint asks BuildKit (builder-next/builder.go in moby), but for the history and for the
 * Dockerfile, which comes with the request.
 */
function solveRequest(
  request: BuildRequest,
  ref: string,
  { session, dockerfile, files }: Offered,
): SolveRequest {
  const { args, labels, tags, target, noCache } = request;
  const exporter = { Type: 'moby', Attrs: tags.length === 0 ? {} : { name: tags.join(',') } };
  return {
    Ref: ref,
    // Engines before 26 know one exporter only, and that in these two.
    ExporterDeprecated: exporter.Type,
    ExporterAttrsDeprecated: exporter.Attrs,
    Exporters: [exporter],
    Session: session,
    Frontend: 'dockerfile.v0',
    FrontendAttrs: {
      filename: dockerfile,
      'image-resolve-mode': 'default',
      ...withPrefix('build-arg:', args),
      ...withPrefix('label:', labels),
      ...(target === undefined ? {} : { target }),
      ...(noCache ? { 'no-cache': '' } : {}),
    },
    // A file sync of its own would cost the engine a third of the writes to its largest database.
    FrontendInputs: [{ key: 'dockerfile', value: filesDefinition(files, dockerfileStep) }],
    Internal: true,
  };
}

function withPrefix(prefix: string, values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]));
}
