/** The names that people use, in the engine's own store: set only for images that passed, after their parents. */
import type { GraphNode } from '../graph/image-graph.ts';
import { publishedReference } from '../matrix/naming.ts';
import { tagsOf } from '../plan/image-tags.ts';
import type { PlanEntry } from '../plan/plan.ts';
import type { Bytes } from './build-stage.ts';
import { engineFailure } from './failure.ts';
import { cancelled, done, type RunContext, type StageResult } from './run-context.ts';

/**
 * Gives an image its tags in the engine: `name:tag`, or the registry's name for it. Tags that are right already are left
 * alone; which of the plain ones were somebody else's is told.
 */
export async function tagLocally(
  context: RunContext,
  entry: PlanEntry,
  node: GraphNode,
  bytes: Bytes | undefined,
  signal: AbortSignal,
): Promise<StageResult<void>> {
  const { drawn, engine, emit } = context;
  const taken: string[] = [];
  if (bytes === undefined || node.image.kind === 'builder') return done(undefined);
  for (const tag of tagsOf(drawn.set, entry.name, entry.key, bytes.created)) {
    const target = drawn.set.registry;
    const reference =
      target === undefined ? `${entry.name}:${tag}` : publishedReference(target, entry.name, tag);
    if (drawn.local.idOf(reference) === bytes.id) continue;
    if (signal.aborted) return cancelled;
    const tagged = await engine.images.tag(bytes.id, reference, signal);
    if (!tagged.ok) return engineFailure(tagged.error, `tagging ${reference}`);
    // A registry's name is one family's, and whoever pulls has an image under it that was built elsewhere.
    if (target === undefined && (await isForeign(context, entry.name, reference))) taken.push(tag);
  }
  if (taken.length > 0) emit({ kind: 'remark', image: entry.name, message: takenWords(taken) });
  return done(undefined);
}

/** Whether a name was that of an image, before this run, which this checkout never built. */
async function isForeign({ drawn }: RunContext, name: string, reference: string): Promise<boolean> {
  const { local, set } = drawn;
  if (local.idOf(reference) === undefined) return false;
  const { builtKeys } = await import('../plan/remembered-inputs.ts');
  const own = builtKeys(set.directory, name);
  return !local.keysOf(reference, name).some((key) => own.has(key));
}

/** The same words for every image, so that a run tells them once. */
function takenWords(tags: readonly string[]): string {
  const list = tags.map((tag) => `\`:${tag}\``).join(', ');
  return `in the engine, ${list} named an image until now that this checkout did not build; a local name is that of whoever ran last`;
}
