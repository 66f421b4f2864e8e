/** configurable-http-proxy as z2jh's Deployment starts it, beside an emulated hub that it can lead to. */
import { randomBytes } from 'node:crypto';
import { ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench, BenchContainer } from '../../bench.ts';
import { hubPort, openHubSurroundings } from '../../emulated-hub.ts';
import type { HubEmulator } from '../../hub-emulator.ts';
import { launchServer, readinessBudgetMs } from '../../live-container.ts';
import type { LiveContainer, ServerOutcome } from '../../live-container.ts';
import { proxyApiPort } from '../../proxy-emulator.ts';
import type { SmokeRequest } from '../../request.ts';
import { serviceSpec } from '../../service-spec.ts';

export interface ProxyContainer extends LiveContainer<ServerOutcome> {
  /** CONFIGPROXY_AUTH_TOKEN */
  readonly token: string;
  readonly hub: HubEmulator;
  /** Where the emulated hub is, as the container sees it. */
  readonly hubUrl: string;
}

export const proxyPort = 8000;
export const proxyHealthPath = '/_chp_healthz';

/** z2jh replaces the ENTRYPOINT, and runs it as nobody. */
export const proxyCommand = {
  entrypoint: ['configurable-http-proxy'],
  cmd: [
    '--ip=0.0.0.0',
    '--api-ip=0.0.0.0',
    `--api-port=${proxyApiPort}`,
    `--default-target=http://hub:${hubPort}`,
    `--error-target=http://hub:${hubPort}/hub/error`,
    `--port=${proxyPort}`,
  ],
  user: '65534:65534',
  capDrop: ['ALL'],
} as const satisfies Partial<BenchContainer>;

/** Starts the proxy beside the hub’s imitation, and waits until it answers. */
export async function openProxy(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<ProxyContainer, EngineError>> {
  const surroundings = await openHubSurroundings(bench, signal);
  if (!surroundings.ok) return surroundings;
  const { network, hub, hubHost } = surroundings.value;
  const token = randomBytes(32).toString('hex');
  const launched = await launchServer(
    bench,
    network,
    {
      ...serviceSpec(request),
      ...proxyCommand,
      env: { CONFIGPROXY_AUTH_TOKEN: token },
      mounts: [],
      extraHosts: [hubHost],
    },
    {
      port: proxyPort,
      path: proxyHealthPath,
      budgetMs: request.readinessBudgetMs ?? readinessBudgetMs,
      accepts: (answer) => answer.status === 200,
    },
    signal,
  );
  return launched.ok ? ok({ ...launched.value, token, hub, hubUrl: `http://hub:${hubPort}` }) : launched;
}
