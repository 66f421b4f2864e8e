/**
 * The Python locks of a night: which images have one, and what each would be in what the image stands on by then.
 * Computes, brings images into the engine that a lock is computed in, and writes nothing.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { keyTag, recordReference } from '../core/labels.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { plainName } from '../core/python-pins.ts';
import { err, ok } from '../core/result.ts';
import { nodeOf } from '../graph/image-graph.ts';
import { computePythonLock, lockPlace, requirementsOf } from '../lock/compile-python-lock.ts';
import { installerImage, isInstaller, lockFile, type LockInput } from '../lock/python-lock.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { Finding } from '../scan/finding.ts';
import type { LockAnswer, TrialLocks } from './lock-answer.ts';
import { changesOf, findingsOf, isMended, tellChanges } from './lock-changes.ts';
import type { Move } from './moves.ts';
import { imageUnderKey, type ByteTools } from './trial-bytes.ts';
import { troubleOf } from './trial-ends.ts';
import type { Outcome, TrialTools } from './trials.ts';

export interface LockingTools extends ByteTools, Pick<TrialTools, 'draw' | 'build'> {
  readonly secrets: ReadonlyMap<string, Buffer>;
  /** Told before a lock is computed. */
  locking(name: string): void;
}

export interface LockingOptions {
  /** Only what mends one of these, by image; undefined: all packages. */
  readonly findings: ReadonlyMap<string, readonly Finding[]> | undefined;
  /** Computes only in what the engine has: brings and builds nothing. */
  readonly asIs: boolean;
}

interface OpenLock {
  readonly file: string;
  readonly input: LockInput;
  readonly upgrade: true | readonly string[];
  readonly findings: readonly Finding[];
}

/** The locks of the images of a plan. Of images that share one, the first computes it. */
export class PythonLocks implements TrialLocks {
  readonly #tools: LockingTools;
  readonly #signal: AbortSignal;
  readonly #asIs: boolean;
  readonly #locks: ReadonlyMap<string, OpenLock>;
  readonly #answers = new Map<string, LockAnswer>();

  private constructor(
    locks: ReadonlyMap<string, OpenLock>,
    tools: LockingTools,
    asIs: boolean,
    signal: AbortSignal,
  ) {
    this.#locks = locks;
    this.#tools = tools;
    this.#asIs = asIs;
    this.#signal = signal;
  }

  /** An image that installs what it finds has no lock, and gets none. uv itself is in no image, and moves by hand. */
  static async open(
    base: DrawnPlan,
    tools: LockingTools,
    { findings, asIs }: LockingOptions,
    signal: AbortSignal,
  ): Promise<PythonLocks> {
    const locks = new Map<string, OpenLock>();
    const files = new Set<string>();
    for (const { name } of base.plan.entries) {
      const node = nodeOf(base.graph, name);
      const { directory } = base.set;
      if (node.image.context === undefined || isInstaller(node)) continue;
      const file = path.posix.join(node.image.context, lockFile);
      const requirements = await requirementsOf(directory, node);
      const lock = await readFile(path.join(directory, file), 'utf8').catch(() => undefined);
      if (requirements === undefined || lock === undefined || files.has(file)) continue;
      files.add(file);
      const own = findings === undefined ? [] : findingsOf(base.graph, usersOf(base, file), findings, lock);
      const upgrade = findings === undefined || [...new Set(own.map(({ where }) => plainName(where)))];
      if (upgrade === true || upgrade.length > 0)
        locks.set(name, { file, input: { requirements, lock }, upgrade, findings: own });
    }
    return new PythonLocks(locks, tools, asIs, signal);
  }

  /** The lock that is computed in this image. */
  fileOf(name: string): string | undefined {
    return this.#locks.get(name)?.file;
  }

  /** What the lock of this image is with these moves made; `drawn` is the plan with them. */
  async ask(moves: Iterable<Move>, drawn: DrawnPlan, name: string): Promise<Outcome<LockAnswer>> {
    const lock = this.#locks.get(name);
    const node = drawn.graph.nodes.get(name);
    if (lock === undefined || node === undefined) return ok({ kind: 'same' });
    const whole = await this.#withInstaller(moves, drawn, name);
    if (!whole.ok) return whole;
    const place = lockPlace(whole.value, node, lock.input, lock);
    const id = `${name} ${hashOf(place)}`;
    const known = this.#answers.get(id);
    if (known !== undefined) return ok(known);
    for (const image of place?.images ?? []) {
      const missing = await this.#bring(moves, whole.value, image);
      if (!missing.ok) return missing;
      if (missing.value !== undefined) return ok(this.#keep(id, failed(missing.value)));
    }
    this.#tools.locking(name);
    const text = await computePythonLock(
      whole.value,
      node,
      lock.input,
      { ...this.#tools, upgrade: lock.upgrade },
      this.#signal,
    );
    if (!text.ok && (text.error.category === 'environment' || this.#signal.aborted))
      return err(this.#signal.aborted ? [] : [text.error]);
    const answer = text.ok
      ? answerOf(lock, usersOf(drawn, lock.file), text.value)
      : failed(causeOf(text.error));
    return ok(this.#keep(id, answer));
  }

  #keep(id: string, answer: LockAnswer): LockAnswer {
    this.#answers.set(id, answer);
    return answer;
  }

  async #withInstaller(moves: Iterable<Move>, drawn: DrawnPlan, name: string): Promise<Outcome<DrawnPlan>> {
    if (drawn.keys.has(installerImage) || !drawn.graph.nodes.has(installerImage)) return ok(drawn);
    return await this.#tools.draw(moves, [name, installerImage], new Set());
  }

  /** Sees to it that the engine has the image under its key; a sentence where it has not. */
  async #bring(moves: Iterable<Move>, drawn: DrawnPlan, name: string): Promise<Outcome<string | undefined>> {
    const { engine, draw, build } = this.#tools;
    const reference = recordReference(name, keyTag(drawn.keys.get(name)?.key ?? ''));
    const there = await engine.images.inspect(reference, this.#signal);
    if (there.ok) return ok(undefined);
    if (there.error.kind !== 'not-found') return err([engineDiagnostic(there.error)]);
    if (this.#asIs) return ok(`this machine lacks ${name}, in which they are computed`);
    if (drawn.plan.entries.find((entry) => entry.name === name)?.published !== undefined) {
      const pulled = await imageUnderKey(this.#tools, drawn, name, this.#signal);
      if (!pulled.ok) return pulled;
      const tagged = await engine.images.tag(pulled.value, reference, this.#signal);
      return tagged.ok ? ok(undefined) : err([engineDiagnostic(tagged.error)]);
    }
    const own = await draw(moves, [name], new Set());
    if (!own.ok) return own;
    const report = await build(own.value);
    const trouble = troubleOf(report);
    if (trouble !== undefined) return err(trouble);
    const outcome = report.outcomes.get(name);
    if (outcome?.kind !== 'failed') return ok(undefined);
    return ok(`${name}, in which they are computed, could not be built: ${outcome.failure.message}`);
  }
}

function failed(why: string): LockAnswer {
  return { kind: 'failed', why };
}

/** uv's own words, where there are any. */
function causeOf({ message, notes = [] }: Diagnostic): string {
  const words = notes.map((note) => note.message.trim()).join(' ');
  return words === '' ? message : `${message}: ${words}`;
}

function hashOf(place: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(place) ?? '')
    .digest('hex');
}

/** The images that are made from the file: their contexts hold it. */
function usersOf({ plan, contexts, graph }: DrawnPlan, file: string): readonly string[] {
  return plan.entries.flatMap(({ name }) => {
    const context = graph.nodes.get(name)?.image.context;
    const holds =
      context !== undefined &&
      contexts
        .get(name)
        ?.some((entry) => entry.kind === 'file' && path.posix.join(context, entry.path) === file);
    return holds === true ? [name] : [];
  });
}

/** Other hashes of the same versions install the same: they are no move. */
function answerOf(
  { file, input, findings, upgrade }: OpenLock,
  users: readonly string[],
  text: string,
): LockAnswer {
  const changes = changesOf(input.lock, text);
  const isWanted = upgrade === true || findings.some((finding) => isMended(finding, text));
  if (changes.length === 0 || !isWanted) return { kind: 'same' };
  return {
    kind: 'moved',
    move: { section: 'python', key: file, value: text, from: undefined, to: tellChanges(changes), users },
  };
}
