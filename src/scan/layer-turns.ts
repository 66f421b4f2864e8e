/**
 * Whose turn it is to look at layers: an image waits while another one looks at a layer that both have, for what is
 * seen in it then serves both. Images that share nothing new go side by side. Knows nothing of what a look is.
 */
export class LayerTurns {
  readonly #known = new Set<string>();
  readonly #busy = new Set<string>();
  #waiting: (() => void)[] = [];

  /** Waits until nobody else looks at any of these layers, then holds those that are new; disposing gives them back. */
  async take(layers: readonly string[], signal: AbortSignal): Promise<Turn> {
    while (!signal.aborted && layers.some((layer) => this.#busy.has(layer))) await this.#change(signal);
    const held = layers.filter((layer) => !this.#known.has(layer) && !this.#busy.has(layer));
    for (const layer of held) this.#busy.add(layer);
    return {
      seen: () => held.forEach((layer) => this.#known.add(layer)),
      [Symbol.dispose]: () => {
        for (const layer of held) this.#busy.delete(layer);
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const wake of waiting) wake();
      },
    };
  }

  async #change(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
  }
}

export interface Turn extends Disposable {
  /** What was looked at is known from now on. */
  seen(): void;
}
