/**
 * A build by the engine's build endpoint, whose answer is one stream of JSON lines of any length: for what has more
 * text than the other way carries (solve.ts). The engine keeps such a build in its history.
 */
import type { BuildRequest, EngineError } from '../engine.ts';
import { brokenOff, built, failed, type Outcome } from './build-outcome.ts';
import type { BuildTrace } from './build-trace.ts';
import { MalformedReply } from './errors.ts';
import { errorOfLine, progressLines } from './json-lines.ts';
import { buildAux } from './schema.ts';
import type { Offered } from './session.ts';
import { decodeStatus } from './session-protocol.ts';
import type { TraceStatus } from './session-protocol.ts';
import type { EngineRequest, Transport } from './transport.ts';

/** Builds what the session offers. */
export async function postBuild(
  transport: Transport,
  request: BuildRequest,
  offered: Offered,
  trace: BuildTrace,
  signal: AbortSignal,
): Promise<Outcome> {
  const body = await transport.stream(buildQuery(request, offered), signal);
  if (!body.ok) return brokenOff(body.error);
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
    return brokenOff(transport.errorOf(cause, signal));
  }
  return error === undefined ? built(id) : failed(error, trace.failed());
}

function buildQuery(request: BuildRequest, { session, dockerfile }: Offered): EngineRequest {
  return {
    method: 'POST',
    path: '/build',
    query: {
      version: 2,
      remote: 'client-session',
      session,
      dockerfile,
      buildargs: JSON.stringify(request.args),
      labels: JSON.stringify(request.labels),
      t: request.tags,
      target: request.target,
      nocache: request.noCache ? 1 : undefined,
    },
  };
}

function idOf(aux: unknown): string {
  const told = buildAux.safeParse(aux);
  if (told.success) return told.data.ID;
  throw new MalformedReply('the engine sent an image without an ID');
}

function traceOf(aux: unknown): TraceStatus {
  if (typeof aux === 'string') return decodeStatus(Buffer.from(aux, 'base64'));
  throw new MalformedReply('the engine sent a trace that is not understood');
}
