/** A registry with the image's own command, as `build registry start` runs it. */
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { launchServer, readinessBudgetMs } from '../../live-container.ts';
import type { LiveContainer, ServerOutcome } from '../../live-container.ts';
import type { SmokeRequest } from '../../request.ts';
import { serviceSpec } from '../../service-spec.ts';

export const registryPort = 5000;
export const registryHealthPath = '/v2/';

/** Starts the registry, and waits until it answers. */
export async function openRegistry(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<LiveContainer<ServerOutcome>, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  return launchServer(
    bench,
    network.value.name,
    { ...serviceSpec(request), env: {}, mounts: [] },
    {
      port: registryPort,
      path: registryHealthPath,
      budgetMs: request.readinessBudgetMs ?? readinessBudgetMs,
      accepts: (answer) => answer.status === 200,
    },
    signal,
  );
}
