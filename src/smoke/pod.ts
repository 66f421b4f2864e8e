/**
 * A user's server as z2jh's KubeSpawner would start it: the image's ENTRYPOINT kept, arguments, user,
 * groups, limits, home and environment as the pod has them, and a hub to talk to. Judges nothing; the
 * clauses do.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench, BenchContainer } from './bench.ts';
import { hubPort, openHubSurroundings } from './emulated-hub.ts';
import type { HubSurroundings } from './emulated-hub.ts';
import { prepareHome } from './home-volume.ts';
import type { Home } from './home-volume.ts';
import type { HubEmulator } from './hub-emulator.ts';
import type { EmulatedUser } from './hub-emulator.ts';
import { launchServer, readinessBudgetMs } from './live-container.ts';
import type { LiveContainer, ServerOutcome } from './live-container.ts';
import { podEnvironment, serverPort } from './pod-environment.ts';
import type { SmokeRequest } from './request.ts';

/** A pod that was started, and how that went. */
export interface Pod extends LiveContainer<ServerOutcome> {
  readonly user: EmulatedUser;
  /** `/user/NAME/` */
  readonly servicePrefix: string;
  readonly hub: HubEmulator;
  /** Where the hub is reached from here. */
  readonly hubAddress: { readonly host: string; readonly port: number };
}

/** What a hub grants where matrix.yaml says nothing. */
const defaultMemory = 1024 ** 3;
const defaultCpu = 1;

/** Kubernetes leaves it to the node; some thousands are usual. */
const pidsLimit = 4096;

/** Starts the pod and waits until its server answers or has failed to. */
export async function openPod(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<Pod, EngineError>> {
  const [surroundings, home] = await Promise.all([
    openHubSurroundings(bench, signal),
    prepareHome(bench, request.reference, signal),
  ]);
  if (!surroundings.ok) return surroundings;
  if (!home.ok) return home;
  const { network, gateway, hub, user } = surroundings.value;
  const servicePrefix = `/user/${user.name}/`;
  const launched = await launchServer(
    bench,
    network,
    podSpec(request, surroundings.value, servicePrefix, home.value),
    {
      port: serverPort,
      path: `${servicePrefix}api`,
      budgetMs: request.readinessBudgetMs ?? readinessBudgetMs,
      // The hub's own condition (jupyterhub/utils.py, wait_for_http_server): any answer below 500.
      accepts: (answer) => answer.status < 500,
      recognizes: (answer) => answer.headers['x-jupyterhub-version'] !== undefined,
    },
    signal,
  );
  if (!launched.ok) return launched;
  return ok({ ...launched.value, user, servicePrefix, hub, hubAddress: { host: gateway, port: hubPort } });
}

function podSpec(
  request: SmokeRequest,
  { user, hubHost }: HubSurroundings,
  servicePrefix: string,
  home: Home,
): Omit<BenchContainer, 'network'> {
  const memory = request.resources.memory ?? defaultMemory;
  const cpu = request.resources.cpu ?? defaultCpu;
  return {
    image: request.reference,
    cmd: ['jupyterhub-singleuser'],
    env: podEnvironment({ user, servicePrefix, image: request.reference, memory, cpu }),
    user: '1000',
    groupAdd: ['100'],
    securityOpt: ['no-new-privileges'],
    shmSize: 64 * 1024 ** 2,
    memory,
    cpu,
    pidsLimit,
    mounts: home.mounts,
    tmpfs: home.tmpfs,
    extraHosts: [hubHost],
  };
}
