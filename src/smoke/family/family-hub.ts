/**
 * The family's proxy and hub as zero-to-jupyterhub's Deployments start them: the chart's file layout, a service
 * account's files, the environment of the chart's services. Beside them only what the network is made of.
 */
import { ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { Mount, NetworkInfo } from '../../engine/container.ts';
import type { EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import { hubArguments, hubHealthPath, hubPort } from '../contract/hub/hub-container.ts';
import { proxyCommand, proxyPort } from '../contract/proxy/proxy-container.ts';
import { launchServer } from '../live-container.ts';
import type { LiveContainer, ServerOutcome } from '../live-container.ts';
import { patient } from '../../hub/patience.ts';
import { prepareVolume, workplace } from '../prepared-volume.ts';
import { serviceSpec } from '../service-spec.ts';
import type { Certificates } from './directory.ts';
import type { FamilyRequest } from './family-request.ts';
import type { People } from './people.ts';
import { hubConfigFolder, hubFiles } from './z2jh-layout.ts';
import type { HubSecrets } from './z2jh-layout.ts';

export interface FamilyHub {
  readonly hub: LiveContainer<ServerOutcome>;
  readonly proxy: LiveContainer<ServerOutcome>;
  /** `http://172.20.0.3:8000`: where users come in. */
  readonly url: string;
}

export interface HubSurroundings {
  readonly network: NetworkInfo;
  readonly certificates: Certificates;
  readonly people: People;
  readonly secrets: HubSecrets;
  readonly proxyToken: string;
  readonly podHost: { readonly port: number; readonly token: string };
  readonly kubernetes: { readonly port: number; readonly token: string };
}

export const caFolder = '/etc/hubwright-ca';
const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
const budgetMs = 60_000;

/** Starts both and waits for both; how that went is in their outcomes. */
export async function openFamilyHub(
  request: FamilyRequest,
  bench: Bench,
  surroundings: HubSurroundings,
  signal: AbortSignal,
): Promise<Result<FamilyHub, EngineError>> {
  const [proxy, hub] = await Promise.all([
    openProxy(request, bench, surroundings, signal),
    openHub(request, bench, surroundings, signal),
  ]);
  if (!proxy.ok) return proxy;
  if (!hub.ok) return hub;
  return ok({
    hub: hub.value,
    proxy: proxy.value,
    url: `http://${proxy.value.address}:${proxyPort}`,
  });
}

function openProxy(
  { images }: FamilyRequest,
  bench: Bench,
  { network, proxyToken }: HubSurroundings,
  signal: AbortSignal,
): Promise<Result<LiveContainer<ServerOutcome>, EngineError>> {
  return launchServer(
    bench,
    network.name,
    {
      ...serviceSpec({ reference: images.proxy, resources: {} }),
      ...proxyCommand,
      env: { CONFIGPROXY_AUTH_TOKEN: proxyToken },
      mounts: [],
      networkAliases: ['proxy-api', 'proxy-public'],
    },
    {
      port: proxyPort,
      path: '/_chp_healthz',
      budgetMs: patient(budgetMs),
      accepts: ({ status }) => status === 200,
    },
    signal,
  );
}

async function openHub(
  request: FamilyRequest,
  bench: Bench,
  surroundings: HubSurroundings,
  signal: AbortSignal,
): Promise<Result<LiveContainer<ServerOutcome>, EngineError>> {
  const { certificates, kubernetes, network, secrets } = surroundings;
  const { hub } = request.images;
  const files = new Map([
    [hubConfigFolder, await hubFiles(request, secrets, `${caFolder}/ca.crt`)],
    [
      caFolder,
      new Map([
        ['ca.crt', certificates.ca],
        ['other-ca.crt', certificates.otherCa],
      ]),
    ],
    [
      serviceAccountFolder,
      new Map([
        ['ca.crt', certificates.ca],
        ['token', kubernetes.token],
        ['namespace', 'default'],
      ]),
    ],
  ]);
  const mounts: Mount[] = [];
  for (const [target, texts] of files) {
    const { script, env } = writeFiles(texts);
    const prepared = await prepareVolume(bench, hub, { script, env, file: '/etc/passwd' }, signal);
    if (!prepared.ok) return prepared;
    mounts.push({ kind: 'volume', volume: prepared.value.volume, target, noCopy: true, readOnly: true });
  }
  return launchServer(
    bench,
    network.name,
    {
      ...serviceSpec({ reference: hub, resources: {} }),
      cmd: hubArguments,
      env: hubEnvironment(surroundings),
      user: '1000:1000',
      capDrop: ['ALL'],
      tmpfs: { '/srv/jupyterhub': 'uid=0,gid=1000,mode=2775,size=64m' },
      mounts,
      networkAliases: ['hub'],
    },
    {
      port: hubPort,
      path: hubHealthPath,
      budgetMs: patient(budgetMs),
      accepts: ({ status }) => status === 200,
    },
    signal,
  );
}

/** A shell's script that writes these files into the volume, their texts handed over in the environment. */
function writeFiles(files: ReadonlyMap<string, string>): { script: string; env: Record<string, string> } {
  const env: Record<string, string> = {};
  const lines = ['set -e', `cd ${workplace}`];
  for (const [index, [path, text]] of [...files].entries()) {
    env[`FILE_${index}`] = text;
    lines.push(`mkdir -p "$(dirname ${path})"`, `printf %s "$FILE_${index}" > ${path}`);
  }
  return { script: lines.join('\n'), env };
}

/** What the chart and Kubernetes set, and what the test's own spawner needs. */
function hubEnvironment(surroundings: HubSurroundings): Record<string, string> {
  const { kubernetes, network, people, podHost, proxyToken } = surroundings;
  const everybody = Object.values(people) as readonly People['student'][];
  return {
    PYTHONUNBUFFERED: '1',
    HELM_RELEASE_NAME: 'jupyterhub',
    POD_NAMESPACE: 'default',
    CONFIGPROXY_AUTH_TOKEN: proxyToken,
    HUB_SERVICE_HOST: 'hub',
    HUB_SERVICE_PORT: String(hubPort),
    PROXY_API_SERVICE_HOST: 'proxy-api',
    PROXY_API_SERVICE_PORT: '8001',
    PROXY_PUBLIC_SERVICE_HOST: 'proxy-public',
    PROXY_PUBLIC_SERVICE_PORT: String(proxyPort),
    KUBERNETES_SERVICE_HOST: network.gateway,
    KUBERNETES_SERVICE_PORT: String(kubernetes.port),
    POD_HOST_URL: `http://${network.gateway}:${podHost.port}`,
    POD_HOST_TOKEN: podHost.token,
    USER_IDS: JSON.stringify(Object.fromEntries(everybody.map(({ name, userId }) => [name, userId]))),
  };
}
