/**
 * Says what may start now and what should start first, from names, parents and costs alone. It starts nothing
 * itself, and knows no image, no engine and no clock: whoever works through it tells it what ended.
 */

export interface QueueNode {
  readonly name: string;
  /** Names that are not in the queue count as finished. */
  readonly parents: readonly string[];
  /** What it is expected to cost, in any unit; at least 0. */
  readonly cost: number;
}

/**
 * A queue over an acyclic graph. Each node is waiting, then running (`take`), then ended (`finish`). What shall never
 * start, since an ancestor failed, is taken and finished all the same: whoever works through the queue leaves it out.
 */
export class BuildQueue {
  readonly #children = new Map<string, string[]>();
  readonly #priority = new Map<string, number>();
  /** Not started yet, ready or not. */
  readonly #waiting = new Set<string>();
  /** The most urgent last, where it is taken from. */
  #ready: string[] = [];
  readonly #running = new Set<string>();
  /** Parents that have not finished yet, by name. */
  readonly #missing = new Map<string, number>();

  /** Names must be distinct, and the graph without a cycle: anything else is a bug of the caller's and throws. */
  constructor(nodes: Iterable<QueueNode>) {
    const all = [...nodes];
    for (const { name } of all) {
      if (this.#waiting.has(name)) throw new Error(`\`${name}\` is in the queue twice`);
      this.#waiting.add(name);
      this.#children.set(name, []);
    }
    for (const { name, parents } of all) {
      const known = [...new Set(parents)].filter((parent) => this.#waiting.has(parent));
      this.#missing.set(name, known.length);
      for (const parent of known) this.#children.get(parent)?.push(name);
    }
    const costs = new Map(all.map(({ name, cost }) => [name, cost]));
    for (const name of this.#parentsFirst().toReversed()) {
      const behind = (this.#children.get(name) ?? []).map((child) => this.#priorityOf(child));
      this.#priority.set(name, (costs.get(name) ?? 0) + Math.max(0, ...behind));
    }
    this.#ready = [...this.#waiting]
      .filter((name) => this.#missing.get(name) === 0)
      .toSorted((a, b) => (this.#isMoreUrgent(a, b) ? 1 : -1));
  }

  /** True when nothing runs and nothing will start any more. */
  get isDone(): boolean {
    return this.#waiting.size === 0 && this.#running.size === 0;
  }

  /**
   * Names that may start now, the most urgent first: what costs most with the longest way behind it, for that way
   * is what there is to wait for in the end; then by name.
   */
  ready(): readonly string[] {
    return this.#ready.toReversed();
  }

  /** Takes the most urgent name out as running; undefined when nothing may start now. */
  take(): string | undefined {
    const name = this.#ready.pop();
    if (name === undefined) return undefined;
    this.#waiting.delete(name);
    this.#running.add(name);
    return name;
  }

  /** A running node has ended: what waited for it alone is ready now. */
  finish(name: string): void {
    if (!this.#running.delete(name)) throw new Error(`\`${name}\` does not run`);
    for (const child of this.#children.get(name) ?? []) {
      const missing = (this.#missing.get(child) ?? 0) - 1;
      this.#missing.set(child, missing);
      if (missing === 0 && this.#waiting.has(child)) this.#makeReady(child);
    }
  }

  /** Found by halving: of ten thousand images, most are ready at once. */
  #makeReady(name: string): void {
    let low = 0;
    let high = this.#ready.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#isMoreUrgent(name, this.#ready[middle] ?? '')) low = middle + 1;
      else high = middle;
    }
    this.#ready.splice(low, 0, name);
  }

  #isMoreUrgent(name: string, other: string): boolean {
    const more = this.#priorityOf(name) - this.#priorityOf(other);
    return more === 0 ? name < other : more > 0;
  }

  #parentsFirst(): readonly string[] {
    const missing = new Map(this.#missing);
    const order = [...missing.keys()].filter((name) => missing.get(name) === 0);
    for (const name of order) {
      for (const child of this.#children.get(name) ?? []) {
        const left = (missing.get(child) ?? 0) - 1;
        missing.set(child, left);
        if (left === 0) order.push(child);
      }
    }
    const [knotted] = [...missing].find(([, left]) => left > 0) ?? [];
    if (knotted !== undefined) throw new Error(`\`${knotted}\` waits for itself`);
    return order;
  }

  #priorityOf(name: string): number {
    return this.#priority.get(name) ?? 0;
  }
}
