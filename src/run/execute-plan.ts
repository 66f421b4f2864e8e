/**
 * Walks a plan: each image is built when its parents are, checked beside its children's builds, and published
 * after its parents were. A failure stays in its branch. Knows the order and the builds' slots; which stages
 * an image needs is image-stages.ts's. Prints nothing: everything is said by events.
 */
import type { ImageFailure, ImageOutcome, RunCounts, RunResult, Stage } from '../core/event.ts';
import { BuildQueue } from '../graph/build-queue.ts';
import { nodeOf } from '../graph/image-graph.ts';
import type { Bytes } from './build-stage.ts';
import { elapsed } from './clock.ts';
import { ImageStages } from './image-stages.ts';
import type { Published } from './publish-stage.ts';
import type { RunContext } from './run-context.ts';
import { countOutcomes, resultOf } from './run-result.ts';
import { Slots } from './slots.ts';
import { newWalker, weightOf, type Walker } from './walker.ts';

/** What became of everything. */
export interface RunReport {
  readonly result: RunResult;
  readonly counts: RunCounts;
  readonly outcomes: ReadonlyMap<string, ImageOutcome>;
  readonly published: ReadonlyMap<string, Published>;
  readonly bytes: ReadonlyMap<string, Bytes>;
}

/** Walks the plan to its end. Aborting `signal` ends what runs, marks the rest `cancelled`, and still answers. */
export async function executePlan(context: RunContext, signal: AbortSignal): Promise<RunReport> {
  return await new Walk(context, signal).run();
}

/** What an image counts for before it was ever built here. */
const defaultCostMs = 10_000;

class Walk {
  readonly #context: RunContext;
  readonly #signal: AbortSignal;
  readonly #walkers = new Map<string, Walker>();
  readonly #queue: BuildQueue;
  readonly #stages: ImageStages;
  readonly #bytes = new Map<string, Bytes>();
  readonly #underWay: Promise<void>[] = [];
  readonly #slots: Slots;
  /** Most urgent, but too heavy for the slots that are free: nobody overtakes it, or it might never start. */
  #next: Walker | undefined;
  #stopping = false;

  constructor(context: RunContext, signal: AbortSignal) {
    this.#context = context;
    this.#signal = signal;
    this.#slots = new Slots(context.options.jobs);
    this.#stages = new ImageStages(context, this.#walkers);
    const { plan, graph, memories } = context.drawn;
    for (const entry of plan.entries) {
      this.#walkers.set(entry.name, newWalker(entry, nodeOf(graph, entry.name)));
    }
    this.#queue = new BuildQueue(
      plan.entries.map(({ name, parents, action }) => {
        const memory = memories.get(name);
        return {
          name,
          parents,
          cost: action === 'reuse' ? 0 : (memory?.buildMs ?? defaultCostMs) + (memory?.smokeMs ?? 0),
        };
      }),
    );
  }

  async run(): Promise<RunReport> {
    const stop = (): void => this.#stop();
    this.#signal.addEventListener('abort', stop, { once: true });
    if (this.#signal.aborted) stop();
    this.#fillSlots();
    const walkers = [...this.#walkers.values()];
    await Promise.all(walkers.map(({ settled }) => settled.promise));
    // An image settles as soon as its fate is known; what it started is ended before the run is.
    await Promise.all(this.#underWay);
    this.#signal.removeEventListener('abort', stop);
    const outcomes = new Map(
      walkers.map(({ entry, outcome }) => [entry.name, outcome ?? { kind: 'cancelled' as const }]),
    );
    return {
      result: resultOf(this.#signal.aborted, outcomes),
      counts: countOutcomes(outcomes),
      outcomes,
      published: this.#stages.published,
      bytes: this.#bytes,
    };
  }

  /** Starts what is ready, the longest way to the end first, while there are slots. */
  #fillSlots(): void {
    for (;;) {
      const walker = this.#next ?? this.#takeReady();
      this.#next = undefined;
      if (walker === undefined) return;
      if (walker.outcome !== undefined) {
        this.#queue.finish(walker.entry.name);
      } else if (this.#slots.take(weightOf(walker))) {
        this.#underWay.push(this.#walk(walker));
      } else {
        this.#next = walker;
        return;
      }
    }
  }

  #takeReady(): Walker | undefined {
    const name = this.#queue.take();
    if (name === undefined) return undefined;
    const walker = this.#walkers.get(name);
    if (walker === undefined) throw new Error(`unknown image ${name} in the queue`);
    return walker;
  }

  async #walk(walker: Walker): Promise<void> {
    const { entry } = walker;
    walker.started = this.#context.clock.now();
    let slotHeld = true;
    const releaseSlot = (): void => {
      if (!slotHeld) return;
      slotHeld = false;
      this.#slots.give(weightOf(walker));
      this.#queue.finish(entry.name);
      this.#fillSlots();
    };
    try {
      const prepared = await this.#stages.prepare(walker);
      walker.built.resolve(prepared.kind === 'ok' ? prepared.value : undefined);
      if (prepared.kind !== 'ok') return this.#end(walker, 'build', prepared);
      if (prepared.value !== undefined) this.#bytes.set(entry.name, prepared.value);
      releaseSlot();
      await this.#finish(walker, prepared.value);
      await this.#stages.beside(walker);
    } catch (cause) {
      // A bug of ours ends this image and no other; the cause goes into the journal.
      const message = `internal error: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`;
      this.#end(walker, 'build', { kind: 'failed', failure: { message, blame: 'environment', tail: [] } });
    } finally {
      walker.built.resolve(undefined);
      releaseSlot();
    }
  }

  /** From bytes to a settled image: check, scan, wait for the parents, publish. */
  async #finish(walker: Walker, bytes: Bytes | undefined): Promise<void> {
    const checked = await this.#stages.check(walker, bytes);
    if (checked.kind !== 'ok') return this.#end(walker, 'smoke', checked);
    let scanned = await this.#stages.scan(walker, bytes);
    if (scanned.kind !== 'ok') return this.#end(walker, 'scan', scanned);
    if (await this.#endsWithParents(walker)) return;
    const final = await this.#stages.onPublishedParent(walker, bytes);
    if (final.kind !== 'ok') return this.#end(walker, 'build', final);
    if (final.value !== undefined && final.value !== bytes) {
      this.#bytes.set(walker.entry.name, final.value);
      const again = await this.#stages.check(walker, final.value, true);
      if (again.kind !== 'ok') return this.#end(walker, 'smoke', again);
      scanned = await this.#stages.scan(walker, final.value);
      if (scanned.kind !== 'ok') return this.#end(walker, 'scan', scanned);
    }
    const judged = await this.#stages.judge(walker, scanned.value);
    if (judged.kind !== 'ok') return this.#end(walker, 'scan', judged);
    const published = await this.#stages.publish(walker, final.value, judged.value);
    if (published.kind !== 'ok') return this.#end(walker, 'push', published);
    const idle = walker.entry.action === 'reuse';
    this.#settle(walker, idle ? { kind: 'reused' } : { kind: 'done', published: published.value });
  }

  /** Waits until the parents' fate is known; true when it ends this image as well. */
  async #endsWithParents(walker: Walker): Promise<boolean> {
    for (const parent of walker.entry.parents) {
      const outcome = await this.#walkers.get(parent)?.settled.promise;
      if (outcome === undefined || outcome.kind === 'done' || outcome.kind === 'reused') continue;
      const culprit = outcome.kind === 'blocked' ? outcome.culprit : parent;
      this.#settle(walker, outcome.kind === 'cancelled' ? outcome : { kind: 'blocked', culprit });
      return true;
    }
    return false;
  }

  /** Ends an image that did not succeed, and everything that is built on it. */
  #end(
    walker: Walker,
    stage: Stage,
    result: { kind: 'failed'; failure: ImageFailure } | { kind: 'cancelled' },
  ): void {
    if (result.kind === 'cancelled') {
      const { culprit } = walker;
      return this.#settle(
        walker,
        culprit === undefined ? { kind: 'cancelled' } : { kind: 'blocked', culprit },
      );
    }
    this.#settle(walker, { kind: 'failed', stage, failure: result.failure });
    this.#block(walker.entry.name);
    // Without its engine a run has no way on; with --fail-fast it wants none.
    if (result.failure.endsRun === true || this.#context.options.failFast) this.#stop();
  }

  /** Whatever is built on `culprit` cannot succeed any more: what runs is aborted, what waits never starts. */
  #block(culprit: string): void {
    for (const name of this.#context.drawn.graph.descendants([culprit])) {
      const walker = this.#walkers.get(name);
      if (walker === undefined || walker.outcome !== undefined) continue;
      walker.culprit = culprit;
      walker.abort.abort();
      this.#settle(walker, { kind: 'blocked', culprit });
    }
  }

  #stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const walker of this.#walkers.values()) {
      walker.abort.abort();
      // What is under way settles itself when its stage has really ended.
      if (walker.started === undefined) this.#settle(walker, { kind: 'cancelled' });
    }
  }

  #settle(walker: Walker, outcome: ImageOutcome): void {
    if (walker.outcome !== undefined) return;
    walker.outcome = outcome;
    const durationMs = walker.started === undefined ? 0 : elapsed(this.#context.clock, walker.started);
    this.#context.emit({ kind: 'image-finished', image: walker.entry.name, durationMs, outcome });
    walker.settled.resolve(outcome);
  }
}
