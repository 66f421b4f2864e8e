/**
 * Images that are wrong in one respect each, made from a right one by a few lines of a Dockerfile.
 * They are removed with the suite that made them.
 */
import { ownerLabel } from '../../src/core/labels.ts';
import type { BuildRequest, Engine } from '../../src/engine/engine.ts';

export class FaultyImages implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #repository: string;
  readonly #references = new Set<string>();

  /** `purpose` keeps suites that run side by side apart. */
  constructor(engine: Engine, purpose: string) {
    this.#engine = engine;
    this.#repository = `hubwright-test/${purpose}-${process.pid}`;
  }

  /** Builds the Dockerfile's text, with an empty context unless one is given; answers the local reference. */
  async build(
    name: string,
    dockerfile: string,
    more: Partial<Pick<BuildRequest, 'args' | 'context'>> = {},
  ): Promise<string> {
    const reference = `${this.#repository}:${name}`;
    this.#references.add(reference);
    const built = await this.#engine.build(
      {
        name,
        dockerfile,
        dockerfilePath: `${name}.Dockerfile`,
        context: undefined,
        args: {},
        labels: { [ownerLabel]: 'test' },
        tags: [reference],
        secrets: new Map(),
        credentials: async () => undefined,
        noCache: false,
        ...more,
      },
      () => {},
      AbortSignal.timeout(600_000),
    );
    if (!built.ok) throw new Error(`building ${name}: ${JSON.stringify(built.error)}`);
    return reference;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { signal } = new AbortController();
    await Promise.all(
      [...this.#references].map((reference) => this.#engine.images.remove(reference, signal)),
    );
  }
}
