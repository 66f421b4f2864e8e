/**
 * The family as its users meet it, from login to logout: hub, proxy, database, exchange and a course's images, beside
 * a real directory of people and an emulated Kubernetes API, in a headless browser. Which images those are, and what
 * the answer means, is the caller's.
 */
import { ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { Engine, EngineError } from '../../engine/engine.ts';
import { Bench } from '../bench.ts';
import { Story } from '../story.ts';
import type { StepResult, ToldStory } from '../story.ts';
import { exchangeSteps } from './exchange-steps.ts';
import type { FamilyRequest } from './family-request.ts';
import { loginSteps } from './login-steps.ts';
import { nfsSteps } from './nfs-steps.ts';
import { openStage } from './opening.ts';
import { farewellSteps, workSteps } from './server-steps.ts';

/**
 * Plays the whole story; `onStep` hears each step as it ends. Whatever the images do is in the verdict; an error
 * means that the engine could not be used (or `cancelled`). Everything made is removed before this answers, unless
 * `keep` was asked for.
 */
export async function smokeFamily(
  engine: Engine,
  request: FamilyRequest,
  onStep: (step: StepResult) => void,
  signal: AbortSignal,
): Promise<Result<ToldStory, EngineError>> {
  const story = new Story(onStep);
  await using bench = new Bench(engine, {
    runId: request.runId,
    image: 'family',
    keep: request.keep ?? false,
  });
  const stage = await openStage(engine, request, bench, story, signal);
  if (!stage.ok) return stage;
  if (stage.value !== undefined) {
    const steps = [
      ...loginSteps(stage.value),
      ...workSteps(stage.value),
      ...exchangeSteps(stage.value),
      ...nfsSteps(stage.value),
      ...farewellSteps(stage.value),
    ];
    for (const step of steps) {
      const told = await story.tell(step, signal);
      if (!told.ok) return told;
    }
  }
  return ok(story.told);
}
