/**
 * The push of one image by the engine, with the patience that networks need: a broken connection, or a registry that
 * starts anew, is waited for. What is pushed, and whether it arrived, is publish-stage.ts's.
 */
import { err, ok, type Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import { mayPushAgain } from './network-trouble.ts';
import type { RunContext } from './run-context.ts';

/** The engine itself tries each layer five times; what breaks beside that is over at once, or takes a registry's start. */
const pausesMs: readonly number[] = [5000, 15_000];

const retriedByEngine =
  'the registry does not take a layer of it; the engine tries that again, for about a minute';

/** A push that failed for good, and how often it was tried. */
export interface PushFailure {
  readonly error: EngineError;
  readonly tries: number;
}

/** How a push ended. */
export interface PushEnd {
  readonly result: Result<void, PushFailure>;
  /** Ends when the engine has dropped the name that it pushed under; nobody else's push has to wait for that. */
  readonly untagged: Promise<void>;
}

/**
 * Pushes the image with this ID as `reference`. The name is the engine's only for as long as the push takes, and is
 * noted meanwhile for whoever tidies up after a run that was killed.
 */
export async function pushPatiently(
  context: RunContext,
  image: string,
  imageId: string,
  reference: string,
  signal: AbortSignal,
): Promise<PushEnd> {
  context.log.noteTag(reference);
  const result = await pushAgainAndAgain(context, image, imageId, reference, signal);
  return { result, untagged: dropTag(context, reference) };
}

async function pushAgainAndAgain(
  context: RunContext,
  image: string,
  imageId: string,
  reference: string,
  signal: AbortSignal,
): Promise<Result<void, PushFailure>> {
  for (let tries = 1; ; tries += 1) {
    let isRetried = false;
    const whenRetried = (): void => {
      if (!isRetried && tries === 1) context.emit({ kind: 'remark', image, message: retriedByEngine });
      isRetried = true;
    };
    const pushed = await pushOnce(context, imageId, reference, signal, whenRetried);
    if (pushed.ok) return ok(undefined);
    const { error } = pushed;
    const pauseMs = pausesMs[tries - 1];
    if (pauseMs === undefined || !mayPushAgain(error, isRetried)) return err({ error, tries });
    const message = `the network failed its push (${error.message}); it is tried once more`;
    context.emit({ kind: 'remark', image, message });
    if (!(await context.clock.sleep(pauseMs, signal)))
      return err({ error: { kind: 'cancelled', message: 'cancelled' }, tries });
  }
}

/** Another run of this family that pushes the same may take the name away in between: it is given once more then. */
async function pushOnce(
  { engine, credentials }: RunContext,
  imageId: string,
  reference: string,
  signal: AbortSignal,
  whenRetried: () => void,
): Promise<Result<unknown, EngineError>> {
  const push = async (): Promise<Result<unknown, EngineError>> => {
    const tagged = await engine.images.tag(imageId, reference, signal);
    return tagged.ok ? await engine.images.push(reference, credentials, signal, whenRetried) : tagged;
  };
  const pushed = await push();
  const nameLost =
    !pushed.ok && /does not exist locally with the tag|^tag does not exist: /.test(pushed.error.message);
  return nameLost ? await push() : pushed;
}

/** What stays in the engine are the names that people use. A name that could not be removed stays noted. */
async function dropTag({ engine, log }: RunContext, reference: string): Promise<void> {
  const removed = await engine.images.remove(reference, AbortSignal.timeout(10_000));
  if (removed.ok || removed.error.kind === 'not-found') log.forgetTag(reference);
}
