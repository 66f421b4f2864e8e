/**
 * Makes pods of containers for the tested hub, which has neither a cluster nor the engine's socket: its spawner posts
 * the manifest that KubeSpawner wrote, asks whether the pod lives, and deletes it. One claim is one volume, kept
 * while the test lasts. It judges nothing; the hub itself waits for the server to answer.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { err, ok } from '../../core/result.ts';
import type { Result } from '../../core/result.ts';
import type { Mount, NetworkInfo } from '../../engine/container.ts';
import type { EngineError } from '../../engine/engine.ts';
import type { Bench } from '../bench.ts';
import { ownByGroup } from '../home-volume.ts';
import { launch } from '../live-container.ts';
import { serverPort } from '../pod-environment.ts';
import { prepareVolume } from '../prepared-volume.ts';
import { readJson } from '../read-json.ts';
import { imitatePod } from './pod-manifest.ts';
import type { ImitatedContainer, ImitatedPod, VolumeSource } from './pod-manifest.ts';

export interface PodHostSetup {
  readonly network: NetworkInfo;
  readonly port: number;
  readonly token: string;
  /** The volume that stands for every NFS export: this machine's kernel may not be able to mount one. */
  readonly exchange: string;
  /** Whose shell prepares volumes. */
  readonly shellImage: string;
}

export interface RunningPod {
  readonly name: string;
  readonly manifest: unknown;
  /** The notebook's container. */
  readonly containerId: string;
  readonly address: string;
  readonly sidecarIds: readonly string[];
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const maxBodyBytes = 256 * 1024;
/** KubeSpawner's `delete_grace_period` is 1 s; ours is what a slow machine needs. */
const graceSeconds = 5;

export class PodHost implements AsyncDisposable {
  readonly #bench: Bench;
  readonly #setup: PodHostSetup;
  readonly #signal: AbortSignal;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #pods = new Map<string, RunningPod>();
  readonly #past = new Map<string, RunningPod>();
  readonly #claims = new Map<string, Promise<Result<string, EngineError>>>();
  #trouble: EngineError | undefined;

  private constructor(bench: Bench, setup: PodHostSetup, signal: AbortSignal) {
    this.#bench = bench;
    this.#setup = setup;
    this.#signal = signal;
  }

  /** Begins to listen on the network's gateway; answers the reason as a sentence where that cannot be had. */
  static async listen(
    bench: Bench,
    setup: PodHostSetup,
    signal: AbortSignal,
  ): Promise<Result<PodHost, string>> {
    const host = new PodHost(bench, setup, signal);
    return new Promise((resolve) => {
      host.#server.once('error', (error) => resolve(err(error.message)));
      host.#server.listen({ host: setup.network.gateway, port: setup.port, signal }, () => resolve(ok(host)));
      signal.addEventListener('abort', () => resolve(err('cancelled')), { once: true });
    });
  }

  /** Pods that live, by name: `jupyter-ada`. */
  get pods(): ReadonlyMap<string, RunningPod> {
    return this.#pods;
  }

  /** The last pod of this name, whether it lives or has been deleted: its containers keep their logs. */
  latest(name: string): RunningPod | undefined {
    return this.#pods.get(name) ?? this.#past.get(name);
  }

  /** What went wrong with the engine itself, if anything did. */
  get trouble(): EngineError | undefined {
    return this.#trouble;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.#answer(request);
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  async #answer(request: IncomingMessage): Promise<Reply> {
    if (request.headers.authorization !== `Bearer ${this.#setup.token}`) return refusal(403, 'wrong token');
    const name = /^\/pods\/(?<name>[a-z0-9.-]+)$/.exec(request.url ?? '')?.groups?.['name'];
    if (request.method === 'POST' && request.url === '/pods')
      return this.#create(await readJson(request, maxBodyBytes));
    if (name === undefined) return refusal(404, 'no such path');
    if (request.method === 'GET') return this.#look(name);
    if (request.method === 'DELETE') return this.#remove(name);
    return refusal(405, 'no such method');
  }

  async #create(manifest: unknown): Promise<Reply> {
    const imitated = imitatePod(manifest);
    if (!imitated.ok) return refusal(422, imitated.error);
    if (this.#pods.has(imitated.value.name)) return refusal(409, `${imitated.value.name} exists`);
    const made = await this.#start(imitated.value, manifest);
    if (!made.ok) return this.#engineTrouble(made.error);
    this.#pods.set(made.value.name, made.value);
    return { status: 201, body: { url: `http://${made.value.address}:${serverPort}` } };
  }

  async #start(pod: ImitatedPod, manifest: unknown): Promise<Result<RunningPod, EngineError>> {
    const notebook = await this.#launch(pod.notebook, this.#setup.network.name);
    if (!notebook.ok) return notebook;
    const sidecarIds: string[] = [];
    for (const container of pod.sidecars) {
      const sidecar = await this.#launch(container, `container:${notebook.value.containerId}`);
      if (!sidecar.ok) return sidecar;
      sidecarIds.push(sidecar.value.containerId);
    }
    return ok({ name: pod.name, manifest, ...notebook.value, sidecarIds });
  }

  async #launch(
    { spec, mounts }: ImitatedContainer,
    network: string,
  ): Promise<Result<{ containerId: string; address: string }, EngineError>> {
    const volumes: Mount[] = [];
    for (const { source, target, readOnly } of mounts) {
      const volume = await this.#volume(source);
      if (!volume.ok) return volume;
      volumes.push({ kind: 'volume', volume: volume.value, target, noCopy: true, readOnly });
    }
    const launched = await launch(this.#bench, network, { ...spec, mounts: volumes }, this.#signal);
    if (!launched.ok) return launched;
    const { outcome, containerId, address } = launched.value;
    // One that ended at once is told by the next poll, as Kubernetes does; a sidecar has no address of its own.
    if (outcome.kind === 'refused') return err({ kind: 'failed', message: outcome.message });
    return ok({ containerId, address });
  }

  #volume(source: VolumeSource): Promise<Result<string, EngineError>> {
    if (source.kind === 'nfs') return Promise.resolve(ok(this.#setup.exchange));
    if (source.kind === 'scratch') return this.#bench.volume(this.#signal);
    const known = this.#claims.get(source.name);
    if (known !== undefined) return known;
    const made = prepareVolume(
      this.#bench,
      this.#setup.shellImage,
      { script: ownByGroup, file: '/etc/passwd' },
      this.#signal,
    ).then((prepared) => (prepared.ok ? ok(prepared.value.volume) : prepared));
    this.#claims.set(source.name, made);
    return made;
  }

  async #look(name: string): Promise<Reply> {
    const pod = this.#pods.get(name);
    if (pod === undefined) return { status: 200, body: { exitCode: 0 } };
    for (const id of [pod.containerId, ...pod.sidecarIds]) {
      const state = await this.#bench.engine.inspectContainer(id, this.#signal);
      if (!state.ok) return this.#engineTrouble(state.error);
      // KubeSpawner: a pod of which one container has ended is no running pod.
      if (state.value.status === 'exited')
        return { status: 200, body: { exitCode: state.value.exitCode ?? 1 } };
    }
    return { status: 200, body: { exitCode: null } };
  }

  async #remove(name: string): Promise<Reply> {
    const pod = this.#pods.get(name);
    if (pod === undefined) return { status: 200, body: {} };
    for (const id of [pod.containerId, ...pod.sidecarIds]) {
      const stopped = await this.#bench.engine.stopContainer(id, graceSeconds, this.#signal);
      if (!stopped.ok) return this.#engineTrouble(stopped.error);
    }
    this.#pods.delete(name);
    this.#past.set(name, pod);
    return { status: 200, body: {} };
  }

  #engineTrouble(error: EngineError): Reply {
    if (error.kind === 'unreachable' || error.kind === 'cancelled') this.#trouble ??= error;
    return refusal(500, error.message);
  }
}

function refusal(status: number, message: string): Reply {
  return { status, body: { message } };
}
