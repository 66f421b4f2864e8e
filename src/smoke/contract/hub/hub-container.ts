/**
 * The hub as z2jh's Deployment starts it, beside the family's proxy or, where there is none, beside an
 * emulated one. It brings no user and starts no server.
 */
import { randomBytes } from 'node:crypto';
import { err, ok } from '../../../core/result.ts';
import type { Result } from '../../../core/result.ts';
import type { NetworkInfo } from '../../../engine/container.ts';
import type { EngineError } from '../../../engine/engine.ts';
import type { Bench } from '../../bench.ts';
import { cannotListen } from '../../emulated-hub.ts';
import { launch, launchServer, readinessBudgetMs } from '../../live-container.ts';
import type { LiveContainer, ServerOutcome } from '../../live-container.ts';
import { prepareVolume, workplace } from '../../prepared-volume.ts';
import { ProxyEmulator, proxyApiPort } from '../../proxy-emulator.ts';
import type { SmokeRequest } from '../../request.ts';
import { serviceSpec } from '../../service-spec.ts';
import { proxyCommand, proxyPort } from '../proxy/proxy-container.ts';

export interface HubContainer extends LiveContainer<ServerOutcome> {
  /** The family's proxy beside it; undefined where an emulated one stood in. */
  readonly proxyAddress: string | undefined;
}

export const hubPort = 8081;
export const hubHealthPath = '/hub/health';
/** A hub listens once it is configured; what it answers then it goes on answering. */
export const settledMs = 10_000;
export const hubArguments = ['jupyterhub', '--config', '/usr/local/etc/jupyterhub/jupyterhub_config.py'];

const configFolder = '/usr/local/etc/jupyterhub';

/** For an image that leaves its configuration to the chart. */
const minimalConfig = `c = get_config()
c.JupyterHub.hub_bind_url = "http://0.0.0.0:${hubPort}"
c.JupyterHub.hub_connect_url = "http://hub:${hubPort}"
c.JupyterHub.authenticator_class = "null"
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://proxy-api:${proxyApiPort}"
`;

/** Starts the hub with a proxy’s API that it can reach, and waits until it answers. */
export async function openHub(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<HubContainer, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  const token = randomBytes(32).toString('hex');
  const [proxy, config] = await Promise.all([
    openProxyApi(request, bench, network.value, token, signal),
    prepareVolume(
      bench,
      request.reference,
      {
        script: `printf %s "$CONFIG" > ${workplace}/jupyterhub_config.py`,
        env: { CONFIG: minimalConfig },
        file: `${configFolder}/jupyterhub_config.py`,
      },
      signal,
    ),
  ]);
  if (!proxy.ok) return proxy;
  if (!config.ok) return config;
  const ownConfig = config.value.file !== undefined;
  const launched = await launchServer(
    bench,
    network.value.name,
    {
      ...serviceSpec(request),
      cmd: hubArguments,
      env: hubEnvironment(token),
      user: '1000:1000',
      capDrop: ['ALL'],
      // The chart's volume for the database, `fsGroup: 1000`.
      tmpfs: { '/srv/jupyterhub': 'uid=0,gid=1000,mode=2775,size=64m' },
      mounts: ownConfig
        ? []
        : [
            {
              kind: 'volume',
              volume: config.value.volume,
              target: configFolder,
              noCopy: true,
              readOnly: true,
            },
          ],
      networkAliases: ['hub'],
      extraHosts: proxy.value.hosts,
    },
    {
      port: hubPort,
      path: hubHealthPath,
      budgetMs: request.readinessBudgetMs ?? readinessBudgetMs,
      accepts: (answer) => answer.status === 200,
      recognizes: (answer) => answer.headers['x-jupyterhub-version'] !== undefined,
      settledMs,
    },
    signal,
  );
  return launched.ok ? ok({ ...launched.value, proxyAddress: proxy.value.address }) : launched;
}

interface ProxyApi {
  readonly address: string | undefined;
  readonly hosts: readonly string[];
}

async function openProxyApi(
  request: SmokeRequest,
  bench: Bench,
  network: NetworkInfo,
  token: string,
  signal: AbortSignal,
): Promise<Result<ProxyApi, EngineError>> {
  const companion = request.companions?.proxy;
  if (companion !== undefined) {
    const proxy = await launch(
      bench,
      network.name,
      {
        ...serviceSpec({ reference: companion, resources: {} }),
        ...proxyCommand,
        env: { CONFIGPROXY_AUTH_TOKEN: token },
        mounts: [],
        networkAliases: ['proxy-api'],
      },
      signal,
    );
    if (!proxy.ok) return proxy;
    // A proxy that does not start is judged by its own test; the hub gets the emulated one then.
    if (proxy.value.outcome.kind === 'running') return ok({ address: proxy.value.address, hosts: [] });
  }
  const { gateway } = network;
  const emulator = await ProxyEmulator.listen({ address: gateway, port: proxyApiPort, token }, signal);
  if (!emulator.ok) return err(cannotListen(`${gateway}:${proxyApiPort}`, emulator.error, signal));
  bench.adopt(emulator.value);
  return ok({ address: undefined, hosts: [`proxy-api:${gateway}`] });
}

/** What z2jh's hub Deployment sets, and Kubernetes for the chart's services. */
function hubEnvironment(token: string): Record<string, string> {
  return {
    PYTHONUNBUFFERED: '1',
    HELM_RELEASE_NAME: 'jupyterhub',
    POD_NAMESPACE: 'default',
    CONFIGPROXY_AUTH_TOKEN: token,
    HUB_SERVICE_HOST: 'hub',
    HUB_SERVICE_PORT: String(hubPort),
    PROXY_API_SERVICE_HOST: 'proxy-api',
    PROXY_API_SERVICE_PORT: String(proxyApiPort),
    PROXY_PUBLIC_SERVICE_HOST: 'proxy-public',
    PROXY_PUBLIC_SERVICE_PORT: String(proxyPort),
  };
}
