/** The odd starts of the deep tier: each differs from the hub's usual one in one respect. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { patient } from '../../../hub/patience.ts';
import { openVariedPod } from '../../pod.ts';
import type { Pod, Variation } from '../../pod.ts';
import type { SmokeRequest } from '../../request.ts';

type Open<Subject> = (
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
) => Promise<Result<Subject, EngineError>>;

/** A port that no image has reason to expect. */
export const otherPort = 8917;
/** The interval that S7a asks for in the place of 300 s. */
export const shortIntervalSeconds = 3;
/** Nobody's uid in any image. */
export const anyUid = 54_321;
/** JupyterHub tries five times, with pauses of 46 s in all, and starts before and ends after that. */
export const loneBudgetMs = 120_000;

const varied =
  (variation: Variation): Open<Pod> =>
  (request, bench, signal) =>
    openVariedPod(variation, request, bench, signal);

/** Another port, and activity told every few seconds. */
export const openElsewhere = varied({
  port: otherPort,
  env: { JUPYTERHUB_ACTIVITY_INTERVAL: String(shortIntervalSeconds) },
});

/** A hub that refuses every connection. */
export const openWithoutHub: Open<Pod> = (request, bench, signal) => {
  const env = { JUPYTERHUB_API_URL: 'http://hub:9/hub/api' };
  return openVariedPod({ env, readinessBudgetMs: patient(loneBudgetMs) }, request, bench, signal);
};

export const openWithFullHome = varied({ home: 'full' });
export const openWithReadOnlyHome = varied({ home: 'read-only' });
export const openAsAnyUser = varied({ user: String(anyUid) });

/** Several servers that start at the same moment. */
export interface Crowd extends Pick<Pod, 'log'> {
  readonly pods: readonly Pod[];
}

export const crowdSize = 3;

/** The beginning of a lecture, in small. */
export const openCrowd: Open<Crowd> = async (request, bench, signal) => {
  const started = await Promise.all(
    Array.from({ length: crowdSize }, () => openVariedPod({}, request, bench, signal)),
  );
  const pods: Pod[] = [];
  for (const each of started) {
    if (!each.ok) return each;
    pods.push(each.value);
  }
  const [first] = pods;
  return ok({ pods, log: async (own) => (await first?.log(own)) ?? ok('') });
};
