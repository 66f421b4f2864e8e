/**
 * A user's server as z2jh's KubeSpawner would start it: the image's ENTRYPOINT kept, arguments, user,
 * groups, limits, home and environment as the pod has them, and a hub to talk to. Judges nothing; the
 * clauses do.
 */
import { randomBytes } from 'node:crypto';
import { err, ok } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ContainerEngine, EngineError, NetworkInfo } from '../engine/engine.ts';
import type { Bench } from './bench.ts';
import type { Specimen } from './contract/clause.ts';
import { prepareHome } from './home-volume.ts';
import type { Home } from './home-volume.ts';
import { HubEmulator } from './hub-emulator.ts';
import type { EmulatedUser } from './hub-emulator.ts';
import { podEnvironment, serverPort } from './pod-environment.ts';
import { awaitReadiness } from './readiness.ts';
import type { Readiness } from './readiness.ts';
import type { SmokeRequest } from './request.ts';
import { isStartFault } from './start-fault.ts';

export interface PodStop {
  readonly durationMs: number;
  readonly exitCode: number;
}

/** A pod that was started, and how that went. */
export interface Pod extends Specimen {
  readonly engine: ContainerEngine;
  readonly containerId: string;
  /** Its address in the test's network; empty where it did not live long enough to have one. */
  readonly address: string;
  readonly user: EmulatedUser;
  /** `/user/NAME/` */
  readonly servicePrefix: string;
  readonly hub: HubEmulator;
  /** Where the hub is reached from here. */
  readonly hubAddress: { readonly host: string; readonly port: number };
  readonly outcome: PodOutcome;
  /** Ends it with SIGTERM; asked twice, it answers the same. */
  stop(signal: AbortSignal): Promise<Result<PodStop, EngineError>>;
}

/** `refused`: the engine could not even start the image's entry point. */
export type PodOutcome = Readiness | { readonly kind: 'refused'; readonly message: string };

/** What a hub grants where matrix.yaml says nothing. */
export const defaultMemory = 1024 ** 3;
export const defaultCpu = 1;

/** How long we wait for an answer; a slow pass gets a remark (z2jh's own limit is 30 s). */
export const readinessBudgetMs = 60_000;
/** How long an ending may take before it counts as not ending at all. */
export const stopBudgetSeconds = 10;

const hubPort = 8081;
const pidsLimit = 4096;
const logBytes = 64 * 1024;
const logLines = 30;

/** Starts the pod and waits until its server answers or has failed to. */
export async function openPod(
  request: SmokeRequest,
  bench: Bench,
  signal: AbortSignal,
): Promise<Result<Pod, EngineError>> {
  const user = makeUser('student');
  const [surroundings, home] = await Promise.all([
    openSurroundings(bench, user, signal),
    prepareHome(bench, request.reference, signal),
  ]);
  if (!surroundings.ok) return surroundings;
  if (!home.ok) return home;
  const { network, hub } = surroundings.value;
  const created = await createPod(request, bench, user, network, home.value, signal);
  if (!created.ok) return created;
  const started = await startAndWait(
    bench.engine,
    created.value,
    network,
    user,
    request.readinessBudgetMs ?? readinessBudgetMs,
    signal,
  );
  if (!started.ok) return started;
  const containerId = created.value;
  return ok({
    engine: bench.engine,
    containerId,
    ...started.value,
    user,
    servicePrefix: prefixOf(user),
    hub,
    hubAddress: { host: network.gateway, port: hubPort },
    log: (own) => bench.engine.logs(containerId, logLines, logBytes, own),
    stop: once((own) => stopPod(bench.engine, containerId, own)),
  });
}

async function openSurroundings(
  bench: Bench,
  user: EmulatedUser,
  signal: AbortSignal,
): Promise<Result<{ network: NetworkInfo; hub: HubEmulator }, EngineError>> {
  const network = await bench.network(signal);
  if (!network.ok) return network;
  const hub = await HubEmulator.listen({ address: network.value.gateway, port: hubPort, user }, signal);
  if (!hub.ok) {
    if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
    // An engine on another machine, or in a virtual one: its networks' gateways are not ours to listen on.
    const message = `the hub emulator cannot listen on the network's gateway ${network.value.gateway}:${hubPort}: ${hub.error}; the engine has to run on this machine`;
    return err({ kind: 'failed', message });
  }
  return ok({ network: network.value, hub: bench.adopt(hub.value) });
}

function createPod(
  request: SmokeRequest,
  bench: Bench,
  user: EmulatedUser,
  network: NetworkInfo,
  home: Home,
  signal: AbortSignal,
): Promise<Result<string, EngineError>> {
  const memory = request.resources.memory ?? defaultMemory;
  const cpu = request.resources.cpu ?? defaultCpu;
  return bench.container(
    {
      image: request.reference,
      cmd: ['jupyterhub-singleuser'],
      env: podEnvironment({ user, servicePrefix: prefixOf(user), image: request.reference, memory, cpu }),
      user: '1000',
      groupAdd: ['100'],
      securityOpt: ['no-new-privileges'],
      shmSize: 64 * 1024 ** 2,
      memory,
      cpu,
      pidsLimit,
      mounts: home.mounts,
      tmpfs: home.tmpfs,
      network: network.name,
      extraHosts: [`hub:${network.gateway}`],
    },
    signal,
  );
}

async function startAndWait(
  engine: ContainerEngine,
  id: string,
  network: NetworkInfo,
  user: EmulatedUser,
  budgetMs: number,
  signal: AbortSignal,
): Promise<Result<{ address: string; outcome: PodOutcome }, EngineError>> {
  const started = await engine.startContainer(id, signal);
  if (!started.ok) {
    if (!isStartFault(started.error)) return started;
    return ok({ address: '', outcome: { kind: 'refused', message: started.error.message } });
  }
  const state = await engine.inspectContainer(id, signal);
  if (!state.ok) return state;
  const address = state.value.addresses[network.name];
  if (address === undefined || address === '') {
    const { exitCode, outOfMemory } = state.value;
    return ok({ address: '', outcome: { kind: 'ended', afterMs: 0, exitCode: exitCode ?? 0, outOfMemory } });
  }
  const outcome = await awaitReadiness(
    engine,
    id,
    address,
    {
      port: serverPort,
      path: `${prefixOf(user)}api`,
      budgetMs,
      // The hub's own condition (jupyterhub/utils.py, wait_for_http_server): any answer below 500.
      accepts: (answer) => answer.status < 500,
      recognizes: (answer) => answer.headers['x-jupyterhub-version'] !== undefined,
    },
    signal,
  );
  return outcome.ok ? ok({ address, outcome: outcome.value }) : outcome;
}

async function stopPod(
  engine: ContainerEngine,
  id: string,
  signal: AbortSignal,
): Promise<Result<PodStop, EngineError>> {
  const started = performance.now();
  const stopped = await engine.stopContainer(id, stopBudgetSeconds, signal);
  if (!stopped.ok) return stopped;
  const durationMs = performance.now() - started;
  const state = await engine.inspectContainer(id, signal);
  return state.ok ? ok({ durationMs, exitCode: state.value.exitCode ?? 0 }) : state;
}

function makeUser(name: string): EmulatedUser {
  return {
    name,
    serverToken: randomBytes(16).toString('hex'),
    userToken: randomBytes(16).toString('hex'),
    clientId: `jupyterhub-user-${name}`,
    callbackPath: `/user/${name}/oauth_callback`,
  };
}

function prefixOf(user: EmulatedUser): string {
  return `/user/${user.name}/`;
}

/** The first call's answer for every call. */
function once<T>(action: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let answer: Promise<T> | undefined;
  return (signal) => (answer ??= action(signal));
}
