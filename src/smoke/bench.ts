/**
 * Everything that one image's test makes in the engine: named, labelled with the run, and taken away again
 * on success, on failure and on abort. It knows no clause.
 */
import { randomBytes } from 'node:crypto';
import { ownerLabel } from '../core/labels.ts';
import { err } from '../core/result.ts';
import type { Result } from '../core/result.ts';
import type { ContainerSpec, NetworkInfo } from '../engine/container.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';
import { pause } from './pause.ts';

/** How long the engine may take to make or to remove one thing before it counts as gone. */
const patienceMs = 60_000;

/** An image that floods its log may fill neither the disk nor our memory. */
const logLimit = 8 * 1024 ** 2;

export type BenchContainer = Omit<ContainerSpec, 'name' | 'labels'>;

export class Bench implements AsyncDisposable {
  readonly engine: ContainerEngine;
  readonly #runId: string;
  readonly #stem: string;
  readonly #keep: boolean;
  readonly #containers: string[] = [];
  readonly #volumes: string[] = [];
  readonly #networks: string[] = [];
  readonly #others: AsyncDisposable[] = [];
  /** What a container said at its end that was ended for filling the disk: whoever does so once does so again. */
  filledDisk: string | undefined;

  constructor(
    engine: ContainerEngine,
    options: { readonly runId: string; readonly image: string; readonly keep: boolean },
  ) {
    this.engine = engine;
    this.#runId = options.runId;
    this.#keep = options.keep;
    const safe = options.image.replace(/[^a-zA-Z0-9_.-]/g, '-').slice(0, 40);
    this.#stem = `hubwright-${safe}-${randomBytes(4).toString('hex')}`;
  }

  /** Makes a network without a way out. Its gateway is this process's own address in it. */
  async network(signal: AbortSignal): Promise<Result<NetworkInfo, EngineError>> {
    const name = this.#nextName('net', this.#networks);
    return make(
      (own) => this.engine.createNetwork(name, { internal: true, labels: this.#labels() }, own),
      signal,
    );
  }

  /** Makes an empty volume; answers its name. */
  async volume(signal: AbortSignal): Promise<Result<string, EngineError>> {
    const name = this.#nextName('vol', this.#volumes);
    const made = await make((own) => this.engine.createVolume(name, this.#labels(), own), signal);
    return made.ok ? { ok: true, value: name } : made;
  }

  /** Makes a container, not started; answers its ID. */
  async container(spec: BenchContainer, signal: AbortSignal): Promise<Result<string, EngineError>> {
    const name = this.#nextName('c', this.#containers);
    return make(
      (own) =>
        this.engine.createContainer(
          { logLimit, noHealthcheck: true, ...spec, name, labels: this.#labels() },
          own,
        ),
      signal,
    );
  }

  /** Takes charge of something that has to end with this test. */
  adopt<T extends AsyncDisposable>(disposable: T): T {
    this.#others.push(disposable);
    return disposable;
  }

  /** Trouble while tidying up is not told: whatever stays carries the run's label, by which it is found. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#keep) {
      await Promise.all(
        this.#containers.map((name) => insist((signal) => this.engine.removeContainer(name, signal))),
      );
    }
    await Promise.all(this.#others.map((other) => other[Symbol.asyncDispose]()));
    if (this.#keep) return;
    await Promise.all([
      ...this.#volumes.map((name) => insist((signal) => this.engine.removeVolume(name, signal))),
      ...this.#networks.map((name) => insist((signal) => this.engine.removeNetwork(name, signal))),
    ]);
  }

  #labels(): Record<string, string> {
    return { [ownerLabel]: this.#runId };
  }

  /** The name is noted before the thing is made, so that nothing half-made is forgotten. */
  #nextName(kind: string, among: string[]): string {
    const name = `${this.#stem}-${kind}${among.length + 1}`;
    among.push(name);
    return name;
  }
}

/**
 * Making is not aborted half-way: an engine that is told to stop listening makes the thing all the same,
 * after we have looked for it in order to remove it. It takes a moment; the abort is heeded right after.
 */
async function make<T>(
  action: (signal: AbortSignal) => Promise<Result<T, EngineError>>,
  signal: AbortSignal,
): Promise<Result<T, EngineError>> {
  if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
  const patience = AbortSignal.timeout(patienceMs);
  const made = await action(patience);
  if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
  if (!made.ok && patience.aborted) {
    return err({ kind: 'unreachable', message: `the engine did not answer within ${patienceMs / 1000} s` });
  }
  return made;
}

/** An engine may hold on to an endpoint for a moment after its container has gone. */
async function insist(action: (signal: AbortSignal) => Promise<Result<void, EngineError>>): Promise<void> {
  const patience = AbortSignal.timeout(patienceMs);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const done = await action(patience);
    if (done.ok || done.error.kind === 'not-found' || done.error.kind === 'unreachable') return;
    if (!(await pause(200 * (attempt + 1), patience))) return;
  }
}
