/** Which images of a run are checked; most runs check none, and load nothing that does. Pure. */
import type { GraphNode } from '../graph/image-graph.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { Bytes } from './build-stage.ts';
import type { RunContext } from './run-context.ts';

/** Whether these bytes want a check before anybody may use them. */
export function needsCheck(
  context: RunContext,
  { action, local, published }: PlanEntry,
  node: GraphNode,
  bytes: Bytes,
): boolean {
  // Nobody starts a builder.
  if (node.image.kind === 'builder') return false;
  // What passed may be verified again for its scan alone.
  if (action === 'verify') return local?.passed !== true && published?.passed !== true;
  if (action !== 'build') return false;
  // Bytes that the record knows as passed are the same bytes: a cached build needs no second proof.
  return !bytes.passed || context.options.force;
}
