/**
 * Finds out which moves a night makes: builds what would be another with them, throws away what nobody could tell from
 * what is published, checks the rest, and takes back the moves that change nothing or break something. Ends when
 * what is left stands. Writes neither lock nor registry.
 */
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { DrawnPlan } from '../plan/draw-plan.ts';
import type { RunReport } from '../run/execute-plan.ts';
import type { TrialLocks } from './lock-answer.ts';
import type { Move } from './moves.ts';
import { blockedBy, failedVerdict, idOf, lockStays, troubleOf } from './trial-ends.ts';
import { TriedMoves } from './tried-moves.ts';
import type { TrialVerdict } from './verdicts.ts';

/** What the trials ask for; each may fail by what lies outside, which ends the night. */
export interface TrialTools {
  /** The family with these moves made, and what is known of it. `deep`: images that are held to the deep tier. */
  draw(
    moves: Iterable<Move>,
    names: readonly string[],
    deep: ReadonlySet<string>,
  ): Promise<Outcome<DrawnPlan>>;
  /** Builds images and stops at their bytes. */
  build(drawn: DrawnPlan): Promise<RunReport>;
  /** Checks images, gives them no name. */
  check(drawn: DrawnPlan): Promise<RunReport>;
  /** What is new in the bytes that the engine has under the image's key; the bytes that are equal are thrown away. */
  compare(drawn: DrawnPlan, name: string): Promise<Outcome<TrialVerdict>>;
  /** Where Python locks move as well. */
  readonly locks?: TrialLocks;
}

export type Outcome<T> = Result<T, readonly Diagnostic[]>;

export interface Trials {
  /** The moves that stay. */
  readonly moves: readonly Move[];
  readonly drawn: DrawnPlan;
  /** By image: what is known of it under its key with the moves made. Images whose key did not move are not in here. */
  readonly verdicts: ReadonlyMap<string, TrialVerdict>;
  /** Images of which something was built and thrown away. */
  readonly thrownAway: ReadonlySet<string>;
  /** Why moves were taken back for images, by image. */
  readonly heldBack: ReadonlyMap<string, string>;
  /** Why Python locks stay as they are, by the image that spoke against them. */
  readonly heldLocks: ReadonlyMap<string, string>;
}

/** Tries the moves on the family. `base` is the plan without them, `pending` images that wait to be published anyway. */
export async function tryMoves(
  tools: TrialTools,
  base: DrawnPlan,
  pending: ReadonlySet<string>,
  moves: readonly Move[],
): Promise<Outcome<Trials>> {
  return await new Night(tools, base, pending, moves).run();
}

class Night {
  readonly #tools: TrialTools;
  readonly #base: DrawnPlan;
  readonly #pending: ReadonlySet<string>;
  readonly #names: readonly string[];
  readonly #moves: TriedMoves;
  /** By image and key: a move that is taken back gives an image a key that may be known already. */
  readonly #known = new Map<string, TrialVerdict>();
  readonly #thrownAway = new Set<string>();
  readonly #heldBack = new Map<string, string>();
  readonly #heldLocks = new Map<string, string>();

  constructor(tools: TrialTools, base: DrawnPlan, pending: ReadonlySet<string>, moves: readonly Move[]) {
    this.#tools = tools;
    this.#base = base;
    this.#pending = pending;
    this.#moves = new TriedMoves(moves);
    this.#names = base.plan.entries.filter(({ selected }) => selected).map(({ name }) => name);
  }

  /** Each round learns something or takes a move back, so there is a last one. */
  async run(): Promise<Outcome<Trials>> {
    for (;;) {
      const drawn = await this.#tools.draw(this.#moves, this.#names, new Set());
      if (!drawn.ok) return drawn;
      const asked = await this.#askLocks(drawn.value);
      if (!asked.ok) return asked;
      if (asked.value) continue;
      const built = await this.#buildNext(drawn.value);
      if (!built.ok) return built;
      if (built.value || this.#dropUnused(drawn.value)) continue;
      const checked = await this.#checkNext(drawn.value);
      if (!checked.ok) return checked;
      if (checked.value || this.#dropBlocked(drawn.value)) continue;
      return ok(this.#result(drawn.value));
    }
  }

  /** Computes the Python locks of what is ready; answers whether a move came or went. */
  async #askLocks(drawn: DrawnPlan): Promise<Outcome<boolean>> {
    const { locks } = this.#tools;
    const touched = new Set<string>();
    for (const { name } of drawn.plan.entries) {
      const file = locks?.fileOf(name);
      if (locks === undefined || file === undefined) continue;
      // It is another image by now: the next round's plan knows.
      if (drawn.graph.ancestors([name]).some((ancestor) => touched.has(ancestor))) continue;
      const answer = this.#isReadyToLock(drawn, name)
        ? await locks.ask(this.#moves, drawn, name)
        : ok(undefined);
      if (!answer.ok) return answer;
      const move = answer.value?.kind === 'moved' ? answer.value.move : undefined;
      const changed = this.#moves.propose(file, move);
      for (const user of changed.flatMap(({ users }) => users)) touched.add(user);
      if (answer.value?.kind === 'same') this.#heldLocks.delete(name);
      if (move !== undefined && changed.includes(move))
        for (const user of move.users) this.#heldLocks.delete(user);
      if (answer.value?.kind === 'failed') this.#heldLocks.set(name, lockStays(answer.value.why));
    }
    return ok(touched.size > 0);
  }

  /**
   * A lock is computed in what the image stands on as it will be. A day that only the image itself feels is tried
   * first, so that neither of the two moves without a use of its own.
   */
  #isReadyToLock(drawn: DrawnPlan, name: string): boolean {
    const parents = drawn.graph.nodes.get(name)?.parents ?? [];
    if (!parents.every((parent) => this.#isSettled(drawn, parent) && !this.#isBroken(drawn, parent)))
      return false;
    const isDayAlone =
      this.#moves.epochOf(name) !== undefined &&
      this.#moves.locksOf(name).length === 0 &&
      !this.#moves.isFeltBy(name) &&
      !parents.some((parent) => this.#isMoved(drawn, parent));
    return !isDayAlone || this.#verdict(drawn, name) !== undefined;
  }

  /** Builds and compares what is ready; answers whether anything was learnt. */
  async #buildNext(drawn: DrawnPlan): Promise<Outcome<boolean>> {
    const ready: string[] = [];
    let learnt = false;
    for (const { name, parents } of drawn.plan.entries) {
      if (!this.#isMoved(drawn, name) || this.#verdict(drawn, name) !== undefined) continue;
      const culprit = parents.find((parent) => this.#isBroken(drawn, parent));
      if (culprit !== undefined) {
        learnt = true;
        this.#learn(drawn, name, blockedBy(culprit));
      } else if (parents.every((parent) => this.#isSettled(drawn, parent))) ready.push(name);
    }
    if (ready.length === 0) return ok(learnt);
    const again = await this.#tools.draw(this.#moves, ready, new Set());
    if (!again.ok) return again;
    const report = await this.#tools.build(again.value);
    const trouble = troubleOf(report);
    if (trouble !== undefined) return err(trouble);
    for (const name of ready) {
      const outcome = report.outcomes.get(name);
      const verdict =
        outcome?.kind === 'failed'
          ? ok(failedVerdict(outcome))
          : await this.#tools.compare(again.value, name);
      if (!verdict.ok) return verdict;
      this.#learn(again.value, name, verdict.value);
    }
    return ok(true);
  }

  /** Checks what differs and is not checked yet; answers whether anything was. */
  async #checkNext(drawn: DrawnPlan): Promise<Outcome<boolean>> {
    const waiting = drawn.plan.entries
      .filter(({ name, kind }) => kind !== 'builder' && this.#wantsCheck(drawn, name))
      .map(({ name }) => name);
    if (waiting.length === 0) return ok(false);
    const deep = await this.#tools.draw(this.#moves, waiting, new Set(waiting));
    if (!deep.ok) return deep;
    const report = await this.#tools.check(deep.value);
    const trouble = troubleOf(report);
    if (trouble !== undefined) return err(trouble);
    for (const name of waiting) this.#learn(deep.value, name, this.#checkedVerdict(drawn, name, report));
    return ok(true);
  }

  #wantsCheck(drawn: DrawnPlan, name: string): boolean {
    const verdict = this.#verdict(drawn, name);
    if (verdict?.kind === 'equal') return verdict.unchecked === true && this.#isMoved(drawn, name);
    if (verdict !== undefined) return verdict.kind === 'changed' && !verdict.verified;
    return this.#pending.has(name) && !this.#isMoved(drawn, name);
  }

  #checkedVerdict(drawn: DrawnPlan, name: string, { outcomes }: RunReport): TrialVerdict {
    const outcome = outcomes.get(name);
    if (outcome?.kind === 'failed') return failedVerdict(outcome);
    if (outcome?.kind === 'blocked') return blockedBy(outcome.culprit);
    const before = this.#verdict(drawn, name);
    if (before?.kind === 'equal') return { kind: 'equal' };
    const difference = before?.kind === 'changed' ? before.difference : undefined;
    return { kind: 'changed', difference, verified: true };
  }

  /** Keeps a verdict, and takes back the moves that are this image's alone where it speaks against them. */
  #learn(drawn: DrawnPlan, name: string, found: TrialVerdict): void {
    const verdict = this.#blamed(drawn, name, found);
    this.#known.set(idOf(drawn, name), verdict);
    if (verdict.kind === 'equal') this.#dropEqual(drawn, name);
    if (verdict.kind === 'failed') this.#dropFailed(name, verdict.why);
  }

  #dropEqual(drawn: DrawnPlan, name: string): void {
    this.#thrownAway.add(name);
    this.#moves.dropEpoch(name);
    for (const move of this.#moves.locksOf(name)) {
      const isUsed = move.users.some((user) => this.#verdict(drawn, user)?.kind !== 'equal');
      if (!isUsed) this.#moves.drop(move);
    }
  }

  /** Takes the Python lock back first, and the day only where it fails without; without the day the lock is asked for anew. */
  #dropFailed(name: string, why: string): void {
    const locks = this.#moves.locksOf(name);
    for (const move of locks) {
      this.#heldLocks.set(name, lockStays(`with ${move.to}, ${why}`));
      this.#moves.drop(move);
    }
    if (locks.length > 0) return;
    this.#heldBack.set(name, why);
    this.#moves.dropEpoch(name);
  }

  /** What fails on something broken may be well by itself: it is tried again once that is taken back. */
  #blamed(drawn: DrawnPlan, name: string, verdict: TrialVerdict): TrialVerdict {
    const culprit = drawn.graph.ancestors([name]).find((ancestor) => this.#isBroken(drawn, ancestor));
    return culprit === undefined ? verdict : blockedBy(culprit);
  }

  /** What stands on an image that stays broken is not published, so its day does not move. */
  #dropBlocked(drawn: DrawnPlan): boolean {
    const blocked = drawn.plan.entries.filter(({ name }) => this.#verdict(drawn, name)?.kind === 'blocked');
    return blocked.map(({ name }) => this.#moves.dropEpoch(name)).includes(true);
  }

  /** Takes back the moves that several images feel and that none of them has a use for. */
  #dropUnused(drawn: DrawnPlan): boolean {
    const before = this.#moves.size;
    for (const move of this.#moves) {
      const users = this.#usersOf(drawn, move).filter((name) => this.#isMoved(drawn, name));
      const verdicts = users.map((name) => this.#verdict(drawn, name));
      // None was tried: it closes what was open, at what it is already. A Python lock is never open.
      const isClosing = users.length === 0 && move.section !== 'python';
      if (isClosing || verdicts.some((verdict) => verdict === undefined || verdict.kind === 'changed'))
        continue;
      this.#moves.drop(move);
    }
    return this.#moves.size < before;
  }

  /** Nobody uses a builder: whether it has to move, those who build with it decide. */
  #usersOf({ graph, plan }: DrawnPlan, move: Move): readonly string[] {
    const planned = new Set(plan.entries.map(({ name }) => name));
    const users = move.users.flatMap((name) =>
      graph.nodes.get(name)?.image.kind === 'builder' ? graph.children(name) : [name],
    );
    return [...new Set(users)].filter((name) => planned.has(name));
  }

  #isMoved({ keys }: DrawnPlan, name: string): boolean {
    return keys.get(name)?.key !== this.#base.keys.get(name)?.key;
  }

  #isSettled(drawn: DrawnPlan, name: string): boolean {
    return !this.#isMoved(drawn, name) || this.#verdict(drawn, name) !== undefined;
  }

  #isBroken(drawn: DrawnPlan, name: string): boolean {
    const verdict = this.#verdict(drawn, name);
    return verdict?.kind === 'failed' || verdict?.kind === 'blocked';
  }

  #verdict(drawn: DrawnPlan, name: string): TrialVerdict | undefined {
    return this.#known.get(idOf(drawn, name));
  }

  #result(drawn: DrawnPlan): Trials {
    const verdicts = drawn.plan.entries.flatMap(({ name }) => {
      const verdict = this.#verdict(drawn, name);
      return verdict === undefined ? [] : [[name, verdict] as const];
    });
    const broken = verdicts.flatMap(([name, verdict]) =>
      verdict.kind === 'failed' || verdict.kind === 'blocked' ? [[name, verdict.why] as const] : [],
    );
    return {
      moves: [...this.#moves],
      drawn,
      verdicts: new Map(verdicts),
      thrownAway: this.#thrownAway,
      heldBack: new Map([...this.#heldBack, ...broken]),
      heldLocks: this.#heldLocks,
    };
  }
}
