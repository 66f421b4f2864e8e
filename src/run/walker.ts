/** One image on its way through a run: its state, and the promises that others wait on. */
import type { ImageOutcome } from '../core/event.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { Bytes } from './build-stage.ts';

export interface Walker {
  readonly entry: PlanEntry;
  readonly node: GraphNode;
  readonly abort: AbortController;
  /** By the run's clock; undefined while it waits. */
  started: number | undefined;
  readonly built: PromiseWithResolvers<Bytes | undefined>;
  readonly settled: PromiseWithResolvers<ImageOutcome>;
  outcome: ImageOutcome | undefined;
  /** The failed ancestor that ends this image as well. */
  culprit: string | undefined;
}

/** An image that waits. */
export function newWalker(entry: PlanEntry, node: GraphNode): Walker {
  return {
    entry,
    node,
    abort: new AbortController(),
    started: undefined,
    built: Promise.withResolvers(),
    settled: Promise.withResolvers(),
    outcome: undefined,
    culprit: undefined,
  };
}

/** Places among the builds. What is not built takes its place for a moment only, and must not wait for a heavy one's. */
export function weightOf({ entry, node }: Walker): number {
  return entry.action === 'build' ? node.image.weight : 1;
}
