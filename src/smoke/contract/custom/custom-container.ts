/** An image of which nothing is known: started with its own command, and watched for a while. */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { launch } from '../../live-container.ts';
import type { LiveContainer, Start } from '../../live-container.ts';
import { pause } from '../../pause.ts';
import { endedAs } from '../../readiness.ts';
import type { SmokeRequest } from '../../request.ts';
import { serviceSpec } from '../../service-spec.ts';

export interface CustomContainer extends LiveContainer<Start> {
  /** A command of its makers' own says whether it can be used. */
  readonly checked: boolean;
}

/** How long it is watched. */
const watchMs = 5000;

export async function openCustom(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<CustomContainer, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  const spec = { ...serviceSpec(request), env: {}, mounts: [] };
  const launched = await launch(bench, network.value.name, spec, signal);
  if (!launched.ok) return launched;
  const live = { ...launched.value, checked: request.check !== undefined };
  if (live.outcome.kind !== 'running') return ok(live);
  const started = performance.now();
  while (performance.now() - started < watchMs) {
    const state = await bench.engine.inspectContainer(live.containerId, signal);
    if (!state.ok) return state;
    if (state.value.status === 'exited') {
      return ok({ ...live, outcome: endedAs(state.value, performance.now() - started) });
    }
    if (!(await pause(250, signal))) break;
  }
  return ok(live);
}
