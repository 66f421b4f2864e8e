/** Clause S28: the server starts again on the home that it has left. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Pod } from '../../pod.ts';
import type { Clause, Finding } from '../clause.ts';
import { declaredWays } from './s2-docker-stacks.ts';
import { probe, probeMs, runsScript } from './s3-executes-arguments.ts';
import { lives, secondStart, startMs, tellStart } from './second-start.ts';

const hint =
  'the entry point does something that goes well only once (`mkdir` without `-p`, `ln -s` without `-f`, `git clone` into a folder that is there), and ends where it does not: users get in on their first day, and never again. Let it look first whether that has been done';

export const startsAgain: Clause<Pod> = {
  id: 'S28',
  title: 'starts again on the home that it has left',
  why: 'The home outlives the container: from the second day on, every start finds there what the first one made. An entry point that does not look for that fails for a whole course at once, with an image that worked the day before.',
  met: [],
  severity: 'must',
  tier: 'gate',
  tested:
    "Once the server has been stopped, the image is started on its home: with docker-stacks' own command where the image has one (as in S2), else, where the entry point is more than an init, with a command that does not exist, which it has to come to; an entry point that does not is started with the hub's command, which has to answer.",
  remedy:
    'Let the entry point bear what it finds in the home: `mkdir -p`, `ln -sfn`, `[ -e … ] ||`, `cp --update=none`.',
  needs: ['S6'],
  timed: true,
  async test(pod, signal) {
    const ways = await declaredWays(pod, signal);
    if (!ways.ok) return ways;
    const [way] = ways.value;
    if (way !== undefined) return besideEmptyHome(pod, way.cmd, signal);
    if (!runsScript(pod.image)) {
      const evidence = ['nothing of the image runs before the server: its entry point is an init, or empty'];
      return ok({ result: 'not-applicable', evidence });
    }
    return byProbe(pod, signal);
  },
};

/** What another command makes of the used home, beside what it makes of an empty one. */
async function besideEmptyHome(
  pod: Pod,
  cmd: readonly string[] | 'image',
  signal: AbortSignal,
): Promise<Result<Finding, EngineError>> {
  const second = await secondStart(pod, cmd, signal);
  if (!second.ok) return second;
  const { onUsedHome, onEmptyHome } = second.value;
  if (lives(onEmptyHome ?? onUsedHome)) return findingOf(onUsedHome, signal);
  return ok({ result: 'not-run', evidence: ['this command does not start on an empty home either: see S2'] });
}

/** An entry point that comes to its arguments bears the home, and no server needs to be waited for. */
async function byProbe(pod: Pod, signal: AbortSignal): Promise<Result<Finding, EngineError>> {
  const probed = await pod.startNext({ cmd: [probe], readinessBudgetMs: probeMs }, signal);
  if (!probed.ok) return probed;
  const { outcome } = probed.value;
  if (outcome.kind === 'refused' || (outcome.kind === 'ended' && outcome.exitCode >= 126)) {
    return ok({
      result: 'pass',
      evidence: ['on the home that it left, the entry point comes to its arguments'],
    });
  }
  const started = await pod.startNext({ readinessBudgetMs: startMs }, signal);
  return started.ok ? findingOf(started.value, signal) : started;
}

async function findingOf(again: Pod, signal: AbortSignal): Promise<Result<Finding, EngineError>> {
  const told = await tellStart(again, signal);
  if (!told.ok) return told;
  const evidence = [`on the home that it left: ${told.value}`];
  if (lives(again)) return ok({ result: 'pass', evidence });
  const certain = again.outcome.kind === 'ended' ? { certain: true as const } : {};
  return ok({ result: 'fail', evidence: [...evidence, 'on an empty home it starts'], hint, ...certain });
}
