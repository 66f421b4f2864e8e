/**
 * The local registry: one container of the family's registry image, published on this machine alone, its data
 * in a volume that outlives it. Started, stopped and looked at here; the image is the caller's to build.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createRegistryClient } from '../../registry/client.ts';
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { ownerLabel } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContainerState } from '../engine/container.ts';
import type { Engine, EngineError } from '../engine/engine.ts';

export const defaultRegistryPort = 5000;

/** Name of the container and of its volume. */
export const localRegistryName = 'hubwright-registry';

const purpose = 'registry';
const imageLabel = 'hubwright.registry.image';
const portLabel = 'hubwright.registry.port';
const containerPort = 5000;
const dataDirectory = '/var/lib/registry';
const logLimitBytes = 4 * 1024 * 1024;
const stopGraceSeconds = 10;
const patienceMs = 30_000;
const pauseMs = 50;

export interface LocalRegistryOptions {
  /** Local reference of the registry image; it listens on port 5000 and keeps its data in /var/lib/registry. */
  readonly image: string;
  readonly port: number;
  /** Another name than the usual one, for a second registry beside it. */
  readonly name?: string;
}

export interface LocalRegistryStatus {
  /** `stopped`: nothing runs, but there is a container or the data of one. */
  readonly state: 'running' | 'stopped' | 'absent';
  /** As it stands in references; only while it runs. */
  readonly address?: string;
  /** What the container was made from. */
  readonly image?: string;
  readonly volume: string;
}

/**
 * Starts the registry, or leaves it alone where one of the same image runs at the same port, and answers once it
 * does. One of another image or port is replaced; the data stays. Errors: `port-in-use`, `registry-silent`,
 * `name-in-use`, `registry-failed` (the engine's message). Throws only the signal's reason.
 */
export async function startLocalRegistry(
  engine: Engine,
  options: LocalRegistryOptions,
  signal: AbortSignal,
): Promise<Result<{ readonly address: string }, Diagnostic>> {
  const name = options.name ?? localRegistryName;
  const found = await findContainer(engine, name, signal);
  if (!found.ok) return failure(found.error, signal);
  const existing = found.value;
  if (existing !== undefined && !isOurs(existing)) return err(nameInUse(name));
  if (existing !== undefined && isWanted(existing, options))
    return answering(engine, name, options.port, signal);
  if (existing !== undefined) {
    const removed = await stopAndRemove(engine, existing, signal);
    if (!removed.ok) return failure(removed.error, signal);
  }

  const created = await create(engine, name, options, signal);
  if (!created.ok) return failure(created.error, signal);
  const started = await engine.startContainer(created.value, signal);
  if (!started.ok) {
    // What was only made, never ran: left behind, it would hold the name and say nothing.
    await engine.removeContainer(created.value, AbortSignal.timeout(patienceMs));
    if (isPortTrouble(started.error)) return err(await portInUse(options.port, signal));
    return failure(started.error, signal);
  }
  return answering(engine, name, options.port, signal);
}

/** Ends and removes the container. Its data stays unless `removeData`. Nothing there is success. */
export async function stopLocalRegistry(
  engine: Engine,
  options: { readonly removeData?: boolean; readonly name?: string },
  signal: AbortSignal,
): Promise<Result<void, EngineError>> {
  const name = options.name ?? localRegistryName;
  const found = await findContainer(engine, name, signal);
  if (!found.ok) return found;
  if (found.value !== undefined && isOurs(found.value)) {
    const removed = await stopAndRemove(engine, found.value, signal);
    if (!removed.ok) return removed;
  }
  if (options.removeData !== true) return ok(undefined);
  // Only a volume that carries our label: a name alone proves nothing.
  const volumes = await ownVolumes(engine, signal);
  if (!volumes.ok) return volumes;
  return volumes.value.includes(name) ? engine.removeVolume(name, signal) : ok(undefined);
}

/** What there is of the local registry. Asks the engine, not the registry. */
export async function localRegistryStatus(
  engine: Engine,
  signal: AbortSignal,
  name: string = localRegistryName,
): Promise<Result<LocalRegistryStatus, EngineError>> {
  const found = await findContainer(engine, name, signal);
  if (!found.ok) return found;
  const container = found.value;
  if (container === undefined || !isOurs(container)) {
    const volumes = await ownVolumes(engine, signal);
    if (!volumes.ok) return volumes;
    return ok({ state: volumes.value.includes(name) ? 'stopped' : 'absent', volume: name });
  }
  const image = container.labels[imageLabel];
  const port = container.labels[portLabel];
  const running = container.status === 'running';
  return ok({
    state: running ? 'running' : 'stopped',
    ...(running && port !== undefined ? { address: addressOf(Number(port)) } : {}),
    ...(image === undefined ? {} : { image }),
    volume: name,
  });
}

async function create(
  engine: Engine,
  name: string,
  options: LocalRegistryOptions,
  signal: AbortSignal,
): Promise<Result<string, EngineError>> {
  const volume = await engine.createVolume(name, { [ownerLabel]: purpose }, signal);
  if (!volume.ok) return volume;
  return engine.createContainer(
    {
      name,
      image: options.image,
      env: {},
      labels: { [ownerLabel]: purpose, [imageLabel]: options.image, [portLabel]: String(options.port) },
      capDrop: ['ALL'],
      securityOpt: ['no-new-privileges'],
      // Filled from the image at first, so that the directory belongs to whom the image runs as.
      mounts: [{ kind: 'volume', volume: name, target: dataDirectory, noCopy: false }],
      publish: { [containerPort]: options.port },
      restart: 'unless-stopped',
      logLimit: logLimitBytes,
    },
    signal,
  );
}

/** Waits until GET /v2/ is answered; a container that ends meanwhile is removed, and told with its last words. */
async function answering(
  engine: Engine,
  name: string,
  port: number,
  signal: AbortSignal,
): Promise<Result<{ readonly address: string }, Diagnostic>> {
  const address = addressOf(port);
  const until = Date.now() + patienceMs;
  let ended = false;
  while (Date.now() < until) {
    // A new client each time, for a host's answer to a ping is remembered.
    if (await isRegistry(address, signal)) return ok({ address });
    const state = await engine.inspectContainer(name, signal);
    if (!state.ok) return failure(state.error, signal);
    ended = state.value.status !== 'running';
    if (ended) break;
    await pause(pauseMs, undefined, { signal });
  }
  const logs = await engine.logs(name, 10, 8192, signal);
  signal.throwIfAborted();
  const said = logs.ok ? logs.value.trim() : '';
  const notes = said === '' ? {} : { notes: [{ message: `its last words:\n${said}` }] };
  if (ended) {
    // The engine would start it again and again.
    await engine.removeContainer(name, signal);
    return err({
      ...environmentError('registry-silent', 'the local registry ended as soon as it was started'),
      ...notes,
    });
  }
  const message = `the local registry runs, but does not answer at \`${address}\``;
  return err({
    ...environmentError('registry-silent', message, `\`docker logs ${name}\` tells more`),
    ...notes,
  });
}

async function isRegistry(address: string, signal: AbortSignal): Promise<boolean> {
  const client = createRegistryClient({
    credentials: () => Promise.resolve(undefined),
    timeoutMs: 2000,
    retry: { attempts: 1 },
  });
  const answer = await client.ping(address, signal);
  signal.throwIfAborted();
  return answer.kind === 'found';
}

async function findContainer(
  engine: Engine,
  name: string,
  signal: AbortSignal,
): Promise<Result<ContainerState | undefined, EngineError>> {
  const state = await engine.inspectContainer(name, signal);
  if (state.ok || state.error.kind !== 'not-found') return state;
  return ok(undefined);
}

async function stopAndRemove(
  engine: Engine,
  container: ContainerState,
  signal: AbortSignal,
): Promise<Result<void, EngineError>> {
  // First gently, so that an upload that has just come in is written to the end.
  const stopped = await engine.stopContainer(container.id, stopGraceSeconds, signal);
  if (!stopped.ok && stopped.error.kind !== 'not-found') return stopped;
  return engine.removeContainer(container.id, signal);
}

function ownVolumes(engine: Engine, signal: AbortSignal): Promise<Result<readonly string[], EngineError>> {
  return engine.listVolumes(`${ownerLabel}=${purpose}`, signal);
}

function isOurs(container: ContainerState): boolean {
  return container.labels[ownerLabel] === purpose;
}

function isWanted(container: ContainerState, options: LocalRegistryOptions): boolean {
  return (
    container.status === 'running' &&
    container.labels[imageLabel] === options.image &&
    container.labels[portLabel] === String(options.port)
  );
}

function addressOf(port: number): string {
  return `localhost:${port}`;
}

/** The engine answers 500 for a port in use, as for everything else that goes wrong at a start: only its text tells. */
function isPortTrouble(error: EngineError): boolean {
  return /port is already allocated|address already in use|ports are not available/i.test(error.message);
}

async function portInUse(port: number, signal: AbortSignal): Promise<Diagnostic> {
  const message = `port ${port} of this machine is in use`;
  if (await isRegistry(addressOf(port), signal)) {
    return environmentError(
      'port-in-use',
      `${message}: another registry answers there`,
      `use that one (\`registry: ${addressOf(port)}\` in matrix.yaml), or name another port with \`--port\``,
    );
  }
  return environmentError('port-in-use', message, 'name another port with `--port`');
}

function nameInUse(name: string): Diagnostic {
  return environmentError(
    'name-in-use',
    `a container \`${name}\` exists that hubwright did not make`,
    `rename or remove it: \`docker rename ${name} OTHER\``,
  );
}

function failure(error: EngineError, signal: AbortSignal): Result<never, Diagnostic> {
  signal.throwIfAborted();
  return err(
    environmentError('registry-failed', `the local registry could not be started: ${error.message}`),
  );
}
