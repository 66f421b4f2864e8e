/**
 * The build of one image in the engine, with the patience that networks need: what failed for want of the network
 * is tried once more after a pause. What is built and what becomes of it is build-stage.ts's.
 */
import type { BuildEvent, BuildFailure, BuildRequest, BuiltImage } from '../engine/engine.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import {
  buildFailure,
  networkFailure,
  silentBuild,
  staleLockFailure,
  type BuildEvidence,
  type Silence,
} from './failure.ts';
import { IdleWatch } from './idle-watch.ts';
import { networkTrouble } from './network-trouble.ts';
import { cancelled, type RunContext, type StageResult } from './run-context.ts';
import { StepWatcher } from './step-watcher.ts';

/** Long enough for a resolver or a mirror to come back, short enough to wait for. */
const retryPauseMs = 5000;

/** An image that was built, and how much of it came from the engine's cache. */
export interface Built {
  readonly image: BuiltImage;
  readonly summary: string | undefined;
}

/**
 * Builds; a failure that the network is to blame for is told as a remark and tried once more. If that fails for want of the
 * network too, it is nobody's Dockerfile that is wrong: the failure's blame is `environment`.
 */
export async function buildPatiently(
  context: RunContext,
  request: BuildRequest,
  node: GraphNode,
  signal: AbortSignal,
): Promise<StageResult<Built>> {
  try {
    return await tryTwice(context, request, node, signal);
  } finally {
    context.log.endLog(request.name);
  }
}

async function tryTwice(
  context: RunContext,
  request: BuildRequest,
  node: GraphNode,
  signal: AbortSignal,
): Promise<StageResult<Built>> {
  const first = await attempt(context, request, node, signal);
  if (first.kind === 'ok') return first;
  if (first.kind === 'silent') return silentBuild(first.silence, first.evidence);
  const trouble = networkTrouble(first.failure, first.evidence.tail);
  if (trouble === undefined) return await ownFailure(context, node, first);
  const message = `the network failed its build (${trouble.trim()}); it is tried once more`;
  context.emit({ kind: 'remark', image: request.name, message });
  context.log.append(request.name, `\n# ${message}\n`);
  if (!(await context.clock.sleep(retryPauseMs, signal))) return cancelled;
  const second = await attempt(context, request, node, signal);
  if (second.kind === 'ok') return second;
  if (second.kind === 'silent') return silentBuild(second.silence, second.evidence);
  const again = networkTrouble(second.failure, second.evidence.tail);
  return again === undefined
    ? await ownFailure(context, node, second)
    : networkFailure(again, second.failure, second.evidence);
}

/** A failure that the network is not to blame for: a lock's, or the image's own. */
async function ownFailure(
  { drawn }: RunContext,
  node: GraphNode,
  { failure, evidence }: Extract<Attempt, { kind: 'failed' }>,
): Promise<StageResult<never>> {
  const { staleLock } = await import('./stale-lock.ts');
  const stale = await staleLock(drawn.set.directory, drawn.graph, node, failure, evidence.tail);
  return stale === undefined ? buildFailure(failure, evidence) : staleLockFailure(stale, failure, evidence);
}

type Attempt =
  | { readonly kind: 'ok'; readonly value: Built }
  | { readonly kind: 'silent'; readonly silence: Silence; readonly evidence: BuildEvidence }
  | { readonly kind: 'failed'; readonly failure: BuildFailure; readonly evidence: BuildEvidence };

async function attempt(
  context: RunContext,
  request: BuildRequest,
  node: GraphNode,
  signal: AbortSignal,
): Promise<Attempt> {
  const steps = new StepWatcher(context, request.name);
  const limitMs = context.options.idleTimeoutMs;
  using idle = new IdleWatch(context.clock, limitMs);
  const hear = (event: BuildEvent): void => {
    idle.touch();
    steps.on(event);
  };
  const built = await context.engine.build(request, hear, AbortSignal.any([signal, idle.signal]));
  if (built.ok) return { kind: 'ok', value: { image: built.value, summary: steps.summary() } };
  const evidence = {
    dockerfile: node.image.dockerfile,
    dockerfileText: node.dockerfile.text,
    context: node.image.context,
    tail: steps.failureTail(),
    log: context.log.logPath(request.name),
  };
  if (idle.signal.aborted && !signal.aborted)
    return { kind: 'silent', silence: { step: steps.currentStep(), limitMs }, evidence };
  return { kind: 'failed', failure: built.error, evidence };
}
