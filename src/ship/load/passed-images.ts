/** The names that chosen images have in the engine's own store, once they passed. Pure. */
import { nodeOf } from '../../graph/image-graph.ts';
import { publishedReference } from '../../matrix/naming.ts';
import type { DrawnPlan } from '../../plan/draw-plan.ts';
import { tagsOf } from '../../plan/image-tags.ts';

export interface NamesInEngine {
  /** A reference each, the first that people use. */
  readonly ready: readonly string[];
  /** Images that the plan would build or check first. */
  readonly stale: readonly string[];
}

/** `names`: the chosen images. Builders serve other builds, and no cluster. */
export function namesInEngine(drawn: DrawnPlan, names: readonly string[]): NamesInEngine {
  const { set, plan, graph } = drawn;
  const ready: string[] = [];
  const stale: string[] = [];
  const chosen = new Set(names);
  for (const entry of plan.entries) {
    const { image } = nodeOf(graph, entry.name);
    if (image.kind === 'builder' || !chosen.has(entry.name)) continue;
    const [tag] = tagsOf(set, entry.name, entry.key, undefined);
    const reference =
      set.registry === undefined
        ? `${entry.name}:${tag ?? 'latest'}`
        : publishedReference(set.registry, entry.name, tag ?? 'latest');
    const isHere = drawn.local.idOf(reference) !== undefined;
    if (entry.action === 'reuse' && isHere) ready.push(reference);
    else stale.push(entry.name);
  }
  return { ready, stale };
}
