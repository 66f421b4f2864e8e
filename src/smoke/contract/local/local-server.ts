/**
 * A notebook server as `docker run -p 8888:8888 IMAGE` starts it: the image's own user and command, no hub, no volume,
 * no variable. Nobody has told it a token, so it has to make one and say it.
 */
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { launchServer, readinessBudgetMs } from '../../live-container.ts';
import type { LiveContainer, ServerOutcome } from '../../live-container.ts';
import { serverPort } from '../../pod-environment.ts';
import type { SmokeRequest } from '../../request.ts';
import { serviceSpec } from '../../service-spec.ts';

export interface LocalServer extends LiveContainer<ServerOutcome> {
  /** The token in the address that the log shows; undefined where it shows none. */
  token(signal: AbortSignal): Promise<Result<string | undefined, EngineError>>;
}

export const localApi = '/api';

/** Starts the server as a person on a laptop would, and waits until it answers. */
export async function openLocalServer(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<LocalServer, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  const launched = await launchServer(
    bench,
    network.value.name,
    { ...serviceSpec(request), env: {}, mounts: [] },
    {
      port: serverPort,
      path: localApi,
      budgetMs: request.readinessBudgetMs ?? readinessBudgetMs,
      accepts: (answer) => answer.status === 200,
      recognizes: (answer) => answer.status === 200 && answer.body.includes('"version"'),
    },
    signal,
  );
  if (!launched.ok) return launched;
  const live = launched.value;
  return ok({
    ...live,
    async token(own) {
      const log = await bench.engine.logs(live.containerId, 500, 256 * 1024, own);
      return log.ok ? ok(tokenIn(log.value)) : log;
    },
  });
}

/** `http://127.0.0.1:8888/lab?token=…` */
export function tokenIn(log: string): string | undefined {
  return /https?:\/\/\S+[?&]token=([\w-]{8,})/.exec(log)?.[1];
}
