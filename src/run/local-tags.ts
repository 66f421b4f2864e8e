/** The names that people use, in the engine's own store: set only for images that passed, after their parents. */
import type { GraphNode } from '../graph/image-graph.ts';
import { publishedReference } from '../matrix/naming.ts';
import { tagsOf } from '../plan/image-tags.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { Bytes } from './build-stage.ts';
import { engineFailure } from './failure.ts';
import { cancelled, done, type RunContext, type StageResult } from './run-context.ts';

/** Gives an image its tags in the engine: `name:tag`, or the registry's name for it. Tags that are right already are left alone. */
export async function tagLocally(
  context: RunContext,
  entry: PlanEntry,
  node: GraphNode,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<void>> {
  const { drawn, engine } = context;
  if (bytes === undefined || node.image.kind === 'builder') return done(undefined);
  for (const tag of tagsOf(drawn.set, entry.name, entry.key, bytes.created)) {
    const target = drawn.set.registry;
    const reference =
      target === undefined ? `${entry.name}:${tag}` : publishedReference(target, entry.name, tag);
    if (drawn.local.idOf(reference) === bytes.id) continue;
    if (signal.aborted) return cancelled;
    const tagged = await engine.images.tag(bytes.id, reference, signal);
    if (!tagged.ok) return engineFailure(tagged.error, `tagging ${reference}`);
  }
  return done(undefined);
}
