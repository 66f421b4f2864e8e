/**
 * The stages of one image, each done only where it is needed: bytes in the engine, a check, a parent that is the
 * published one, the push. Knows the slots of checks and pushes; the order of images is execute-plan.ts's.
 */
import pLimit from 'p-limit';
import { keyTag, recordReference } from '../core/labels.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import { layerParent } from '../graph/layer-parent.ts';
import type { RegistryTarget } from '../matrix/image-set.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { Bytes } from './build-stage.ts';
import { tagLocally } from './local-tags.ts';
import type { PublishedParent } from './published-parent.ts';
import type { Published } from './publish-stage.ts';
import { needsCheck } from './needs-check.ts';
import { cancelled, done, type RunContext, type StageResult } from './run-context.ts';
import type { ImageScan, PassedScan } from './scan-stage.ts';
import type { Walker } from './walker.ts';

/** Pushes at once: of small images each waits for the registry's disk most of the time. */
const pushSlots = 4;

/** Images at once that are kept, signed and named: small requests, during which the next is pushed already. */
const nameSlots = 4;

export class ImageStages {
  /** What this run has published. */
  readonly published = new Map<string, Published>();
  readonly #context: RunContext;
  readonly #walkers: ReadonlyMap<string, Walker>;
  readonly #smokeSlots: ReturnType<typeof pLimit>;
  readonly #pushSlots = pLimit(pushSlots);
  readonly #nameSlots = pLimit(nameSlots);
  readonly #beside = new Map<string, Promise<unknown>>();
  #ahead: Promise<void> | undefined;

  constructor(context: RunContext, walkers: ReadonlyMap<string, Walker>) {
    this.#context = context;
    this.#walkers = walkers;
    this.#smokeSlots = pLimit(context.options.checks);
  }

  /** Sees to it that the engine has the image's bytes, where anything needs them there. */
  async prepare({ entry, node, abort }: Walker): Promise<StageResult<Bytes | undefined>> {
    if (entry.action === 'build') {
      const { buildImage } = await import('./build-stage.ts');
      return await buildImage(this.#context, entry, node, abort.signal);
    }
    const childBuilds = this.#childBuilds(entry.name);
    if (entry.local === undefined) {
      const digest = entry.published?.digest;
      const isToCheck = entry.action === 'verify' && entry.published?.passed !== true;
      const neededHere = isToCheck || childBuilds;
      if (digest === undefined || !neededHere) return done(undefined);
      const { pullImage } = await import('./build-stage.ts');
      return await pullImage(this.#context, entry, digest, abort.signal);
    }
    const parent =
      childBuilds && entry.published?.passed === true ? this.#publishedOf(entry.name) : undefined;
    if (parent === undefined) return done(entry.local);
    // What children are built on now is published with them, so it has to be what the registry has.
    const { publishedBytes } = await import('./published-parent.ts');
    return await publishedBytes(this.#context, parent, entry.local, abort.signal);
  }

  /** Checks the bytes where they want it, or `always`. */
  async check(
    { entry, node, abort }: Walker,
    bytes: Bytes | undefined,
    always = false,
  ): Promise<StageResult<unknown>> {
    if (this.#context.options.push && entry.action !== 'reuse') {
      const { holdRefused } = await import('./hold-refused.ts');
      const held = await holdRefused(this.#context, entry, node);
      if (held.kind !== 'ok') return held;
    }
    if (
      this.#context.options.until === 'built' ||
      bytes === undefined ||
      !(always || needsCheck(this.#context, entry, node, bytes))
    )
      return done(undefined);
    const proxy = await this.#proxyFor(node);
    const { checkImage } = await import('./smoke-stage.ts');
    return await this.#smokeSlots(async () =>
      abort.signal.aborted
        ? cancelled
        : await checkImage(this.#context, entry, node, bytes, proxy, abort.signal),
    );
  }

  /** Scans the bytes where they are to be published and were not scanned yet; undefined where they are not. */
  async scan(
    { entry, abort }: Walker,
    bytes: Bytes | undefined,
  ): Promise<StageResult<ImageScan | undefined>> {
    const { scan } = this.#context;
    const target = this.#context.drawn.set.registry;
    if (scan === undefined || target === undefined) return done(undefined);
    // Loaded by runs that scan something.
    const { needsScan, scanImage } = await import('./scan-stage.ts');
    if (!needsScan(this.#context, entry)) return done(undefined);
    return await scanImage({ ...this.#context, scan }, entry, target, bytes, abort.signal);
  }

  /** Judges what a scan saw, once the parents are published: what lies in their layers was judged there. */
  async judge(
    { entry, node, abort }: Walker,
    seen: ImageScan | undefined,
  ): Promise<StageResult<PassedScan | undefined>> {
    const { scan } = this.#context;
    const { graph, plan, set } = this.#context.drawn;
    if (scan === undefined || set.registry === undefined || seen === undefined) return done(undefined);
    const { judgeScan } = await import('./scan-stage.ts');
    const inherited = await this.#layersOf(layerParent(node), abort.signal);
    if (inherited.kind !== 'ok') return inherited;
    const below = new Set(graph.descendants([entry.name]));
    const reaches = plan.entries.flatMap(({ name }) => (below.has(name) ? [name] : []));
    const place = { inherited: inherited.value, reaches };
    return await judgeScan({ ...this.#context, scan }, entry, set.registry, seen, place, abort.signal);
  }

  /**
   * The bytes to publish, once the parents are: those given, or where they do not stand on the parent that the registry
   * has, those of a further build.
   */
  async onPublishedParent(
    { entry, node, abort }: Walker,
    bytes: Bytes | undefined,
  ): Promise<StageResult<Bytes | undefined>> {
    const parent = this.#publishedOf(layerParent(node));
    const isPublished = entry.published?.passed === true && !this.#context.options.force;
    if (bytes === undefined || parent === undefined || isPublished || node.image.kind === 'builder')
      return done(bytes);
    const { rebuildOnPublished, standsOnPublished } = await import('./published-parent.ts');
    const stands = await standsOnPublished(this.#context, entry, bytes, parent, abort.signal);
    if (stands.kind !== 'ok') return stands;
    if (stands.value) return done(bytes);
    return await rebuildOnPublished(this.#context, entry, node, parent, abort.signal);
  }

  /** Publishes where that was asked and something is missing; answers whether it did. */
  async publish(
    { entry, node, abort }: Walker,
    bytes: Bytes | undefined,
    passed: PassedScan | undefined,
  ): Promise<StageResult<boolean>> {
    const { drawn, options } = this.#context;
    if (options.until !== undefined) return done(false);
    const target = drawn.set.registry;
    const isPublished = entry.action === 'reuse' || node.image.kind === 'builder';
    const publishes = options.push && target !== undefined && !isPublished;
    if (publishes) {
      const { nameImage, pushImage } = await import('./publish-stage.ts');
      const { signal } = abort;
      const pushing = this.#pushSlots(async () =>
        signal.aborted ? cancelled : await pushImage(this.#context, entry, target, bytes, signal),
      );
      this.#ahead ??= this.#askAhead(target, signal);
      const pushed = await pushing;
      if (pushed.kind !== 'ok') return pushed;
      const { untagged } = pushed.value;
      const beside = Promise.all([untagged, this.#keepInputs(entry, target, signal)]);
      // Whoever waits for it hears of a bug in it; nobody does yet.
      beside.catch(() => undefined);
      this.#beside.set(entry.name, beside);
      const result = await this.#nameSlots(async () =>
        signal.aborted
          ? cancelled
          : await nameImage(this.#context, entry, pushed.value, { bytes, passed }, signal),
      );
      if (result.kind !== 'ok') return result;
      this.published.set(entry.name, result.value);
      // An engine that drops an image's last name of a repository forgets with it what it was pushed as.
      await untagged;
    }
    const tagged = await tagLocally(this.#context, entry, node, bytes, abort.signal);
    return tagged.kind === 'ok' ? done(publishes) : tagged;
  }

  /** Ends with what goes on beside an image's stages, and beside what waits for them. */
  async beside({ entry }: Walker): Promise<void> {
    await this.#beside.get(entry.name);
    await this.#ahead;
  }

  /** What the names and the release of this run will want to know is asked while the engine pushes. */
  async #askAhead(target: RegistryTarget, signal: AbortSignal): Promise<void> {
    const { newestRelease } = await import('./name-manifest.ts');
    await Promise.all([this.#context.history?.revision(), newestRelease(this.#context, target, signal)]);
  }

  async #keepInputs(entry: PlanEntry, target: RegistryTarget, signal: AbortSignal): Promise<void> {
    const { keepInputs } = await import('./keep-inputs.ts');
    await keepInputs(this.#context, entry, target, signal);
  }

  /** The layers of the nearest ancestor that is judged itself: a builder is not. */
  async #layersOf(
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<StageResult<ReadonlySet<string> | undefined>> {
    const walker = name === undefined ? undefined : this.#walkers.get(name);
    if (walker === undefined) return done(undefined);
    if (walker.node.image.kind === 'builder') return await this.#layersOf(layerParent(walker.node), signal);
    const { layersOfImage } = await import('./image-layers.ts');
    const digest = this.published.get(walker.entry.name)?.digest ?? walker.entry.published?.digest;
    return await layersOfImage(this.#context, walker.entry.name, await walker.built.promise, digest, signal);
  }

  #childBuilds(name: string): boolean {
    return this.#context.drawn.plan.entries.some(
      ({ action, parents }) => action === 'build' && parents.includes(name),
    );
  }

  /** What the registry has of a parent, where this run publishes: what its children have to stand on. */
  #publishedOf(name: string | undefined): PublishedParent | undefined {
    const entry = name === undefined ? undefined : this.#walkers.get(name)?.entry;
    const { drawn, options } = this.#context;
    const target = drawn.set.registry;
    if (entry === undefined || target === undefined || !options.push) return undefined;
    const published = this.published.get(entry.name);
    if (published !== undefined) {
      const { digest, image } = published;
      return { entry, target, digest, ...(image === undefined ? {} : { image }) };
    }
    const digest = entry.published?.digest;
    return digest === undefined ? undefined : { entry, target, digest };
  }

  /** The family's proxy for a hub's check: where it is part of this run, once it is built. */
  async #proxyFor(node: GraphNode): Promise<string | undefined> {
    if (node.image.kind !== 'hub') return undefined;
    for (const { entry, node: other, built } of this.#walkers.values()) {
      if (other.image.kind !== 'proxy') continue;
      const bytes = await built.promise;
      if (bytes !== undefined) return recordReference(entry.name, keyTag(entry.key));
    }
    return undefined;
  }
}
