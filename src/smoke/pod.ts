/**
 * A user's server as z2jh's KubeSpawner would start it: the image's ENTRYPOINT kept, arguments, user,
 * groups, limits, home and environment as the pod has them, and a hub to talk to. Some clauses ask for a start that
 * differs in one respect. Judges nothing; the clauses do.
 */
import { ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { EngineError } from '../engine/engine.ts';
import type { Bench, BenchContainer } from './bench.ts';
import { hubPort, openHubSurroundings } from './emulated-hub.ts';
import type { HubSurroundings } from './emulated-hub.ts';
import { mountHome } from './home-volume.ts';
import type { Home, HomeKind } from './home-volume.ts';
import { lookAtImage } from './image-look.ts';
import type { ImageLook } from './image-look.ts';
import type { EmulatedUser, HubEmulator } from './hub-emulator.ts';
import type { ServerAddress } from '../hub/jupyter-api.ts';
import { openKernel } from './kernel-session.ts';
import type { KernelSession, KernelTrouble } from './kernel-session.ts';
import { launchServer, readinessBudgetMs } from './live-container.ts';
import type { LiveContainer, ServerOutcome } from './live-container.ts';
import { once } from './once.ts';
import { pause } from './pause.ts';
import { podEnvironment, serverPort } from './pod-environment.ts';
import type { SmokeRequest } from './request.ts';

/** In what a start differs from the hub's usual one. */
export interface Variation {
  /** Arguments for the ENTRYPOINT; `image` leaves the image's own CMD. */
  readonly cmd?: readonly string[] | 'image';
  readonly port?: number;
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly home?: HomeKind;
  readonly mayGainPrivileges?: true;
  /** Bytes of /dev/shm; without it the 64 MiB that every pod gets. */
  readonly shmSize?: number;
  readonly gpu?: true;
  /** Kubernetes' variables of a service called `jupyter` are left out. */
  readonly noServiceLinks?: true;
  readonly readinessBudgetMs?: number;
}

/** A pod that was started, and how that went. */
export interface Pod extends LiveContainer<ServerOutcome> {
  readonly image: ImageLook;
  readonly request: SmokeRequest;
  readonly user: EmulatedUser;
  /** `/user/NAME/` */
  readonly servicePrefix: string;
  /** Where it was told to listen. */
  readonly port: number;
  /** When its first answer came, on this process's own clock. */
  readonly answeredAt: number;
  readonly hub: HubEmulator;
  /** Where the hub is reached from here. */
  readonly hubAddress: { readonly host: string; readonly port: number };
  /** A kernel of the image's default kind: always the same, but for a fresh one after one that died or hangs. */
  kernel(signal: AbortSignal): Promise<Result<KernelSession, KernelTrouble>>;
  /** Starts the image once more beside this one, with a home of its own. */
  startAgain(variation: Variation, signal: AbortSignal): Promise<Result<Pod, EngineError>>;
  /** Stops this one, and starts the image once more on the home that it leaves, as the hub does the next day. */
  startNext(variation: Omit<Variation, 'home'>, signal: AbortSignal): Promise<Result<Pod, EngineError>>;
}

/** What a hub grants where matrix.yaml says nothing. */
export const defaultMemory = 1024 ** 3;
const defaultCpu = 1;

const quietMs = 500;

const usualShmSize = 64 * 1024 ** 2;

/** Kubernetes leaves it to the node; some thousands are usual. */
const pidsLimit = 4096;

/** Starts the pod as the hub does and waits until its server answers or has failed to. */
export async function openPod(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<Pod, EngineError>> {
  return openVariedPod({}, request, bench, signal);
}

/** The same in another respect. */
export async function openVariedPod(
  variation: Variation,
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<Pod, EngineError>> {
  const [surroundings, image] = await Promise.all([
    openHubSurroundings(bench, signal),
    lookAtImage(bench, request.reference, signal),
  ]);
  if (!surroundings.ok) return surroundings;
  if (!image.ok) return image;
  return startPod(
    { request, bench, surroundings: surroundings.value, image: image.value },
    variation,
    signal,
  );
}

/** The pod's server, for those who ask with the user's token. */
export function serverOf({ address, port, servicePrefix, user }: Pod): ServerAddress {
  return { host: address, port, servicePrefix, token: user.userToken };
}

interface Setting {
  readonly request: SmokeRequest;
  readonly bench: Bench;
  readonly surroundings: HubSurroundings;
  readonly image: ImageLook;
}

/** `left`: the home of a pod that has been stopped; without it one is made. */
async function startPod(
  setting: Setting,
  variation: Variation,
  signal: AbortSignal,
  left?: Home,
): Promise<Result<Pod, EngineError>> {
  const { request, bench, surroundings, image } = setting;
  const { network, gateway, hub, user } = surroundings;
  const home =
    left === undefined ? await mountHome(bench, image.home, variation.home ?? 'empty', signal) : ok(left);
  if (!home.ok) return home;
  const port = variation.port ?? serverPort;
  const servicePrefix = `/user/${user.name}/`;
  const launched = await launchServer(
    bench,
    network,
    podSpec(setting, variation, { port, servicePrefix, home: home.value }),
    {
      port,
      path: `${servicePrefix}api`,
      budgetMs: variation.readinessBudgetMs ?? request.readinessBudgetMs ?? readinessBudgetMs,
      // The hub's own condition (jupyterhub/utils.py, wait_for_http_server): any answer below 500.
      accepts: (answer) => answer.status < 500,
      recognizes: (answer) => answer.headers['x-jupyterhub-version'] !== undefined,
    },
    signal,
    home.value.prepare,
  );
  if (!launched.ok) return launched;
  const { address, versions } = launched.value;
  const server = { host: address, port, servicePrefix, token: user.userToken };
  let opened: Promise<Result<KernelSession, KernelTrouble>> | undefined;
  const stop = once(async (own: AbortSignal) => {
    await settle(opened, own);
    return launched.value.stop(own);
  });
  return ok({
    ...launched.value,
    image,
    request,
    user,
    servicePrefix,
    port,
    versions: once(versions),
    answeredAt: performance.now(),
    hub,
    hubAddress: { host: gateway, port: hubPort },
    async kernel(own) {
      const last = opened;
      const before = await last;
      // What one clause did to its kernel is not held against the next.
      if (before?.ok === true && !before.value.usable && opened === last) {
        opened = openKernel(server, own);
        await before.value.close(own);
      }
      return (opened ??= openKernel(server, own));
    },
    stop,
    startAgain: (next, own) => startPod(setting, next, own),
    async startNext(next, own) {
      const stopped = await stop(own);
      if (!stopped.ok) return stopped;
      const { path, mounts, tmpfs } = home.value;
      return startPod(setting, next, own, { path, mounts, tmpfs });
    },
  });
}

/**
 * Ends our kernel and keeps quiet for a moment, so that what is judged is the server alone. jupyter_server answers a
 * request before it writes its log line, and a SIGTERM that falls into that write is lost: the handler logs too,
 * Python refuses to write within a write, and the server never hears of the signal. That takes a request in the same
 * moment, which a user's server that is being stopped rarely has.
 */
async function settle(
  opened: Promise<Result<KernelSession, KernelTrouble>> | undefined,
  signal: AbortSignal,
): Promise<void> {
  const kernel = await opened;
  if (kernel?.ok === true) await kernel.value.close(signal);
  await pause(quietMs, signal);
}

function podSpec(
  { request, surroundings: { user, hubHost } }: Setting,
  variation: Variation,
  where: { readonly port: number; readonly servicePrefix: string; readonly home: Home },
): Omit<BenchContainer, 'network'> {
  const memory = request.resources.memory ?? defaultMemory;
  const cpu = request.resources.cpu ?? defaultCpu;
  const { servicePrefix, port, home } = where;
  return {
    image: request.reference,
    ...(variation.cmd === 'image' ? {} : { cmd: variation.cmd ?? ['jupyterhub-singleuser'] }),
    env: {
      ...podEnvironment({ user, servicePrefix, port, image: request.reference, memory, cpu }),
      ...(variation.noServiceLinks ? {} : serviceLinks),
      ...variation.env,
    },
    user: variation.user ?? '1000',
    groupAdd: ['100'],
    ...(variation.mayGainPrivileges ? {} : { securityOpt: ['no-new-privileges'] }),
    shmSize: variation.shmSize ?? usualShmSize,
    ...(variation.gpu ? { gpus: true } : {}),
    memory,
    cpu,
    pidsLimit,
    mounts: home.mounts,
    tmpfs: home.tmpfs,
    extraHosts: [hubHost],
  };
}

/**
 * What Kubernetes puts into every container of a namespace that has a service called `jupyter`. jupyter_server
 * takes JUPYTER_PORT for a number of its own (jupyter/docker-stacks#2106).
 */
const serviceLinks = {
  JUPYTER_PORT: 'tcp://10.96.0.17:8888',
  JUPYTER_PORT_8888_TCP: 'tcp://10.96.0.17:8888',
  JUPYTER_PORT_8888_TCP_ADDR: '10.96.0.17',
  JUPYTER_PORT_8888_TCP_PORT: '8888',
  JUPYTER_PORT_8888_TCP_PROTO: 'tcp',
  JUPYTER_SERVICE_HOST: '10.96.0.17',
  JUPYTER_SERVICE_PORT: '8888',
};
