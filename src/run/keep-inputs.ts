/** Keeps in the registry what a published image's key was made from. It explains: nothing waits for it but the end of the run. */
import type { RegistryTarget } from '../matrix/image-set.ts';
import type { PlanEntry } from '../plan/plan.ts';
import { publishInputs } from '../plan/published-inputs.ts';
import type { RunContext } from './run-context.ts';

/** Keeps what the key was made from beside it, so that another machine can explain a change; no image fails by it. */
export async function keepInputs(
  context: RunContext,
  entry: PlanEntry,
  target: RegistryTarget,
  signal: AbortSignal,
): Promise<void> {
  const { drawn, registry, emit } = context;
  const inputs = drawn.keys.get(entry.name)?.inputs;
  if (inputs === undefined) return;
  const place = { registry, target, image: entry.name };
  const isNew = entry.published === undefined;
  const kept = await publishInputs(place, { key: entry.key, inputs, isNew }, signal);
  if (kept.ok || signal.aborted) return;
  emit({
    kind: 'remark',
    image: entry.name,
    message: `other machines cannot explain later changes of it: what it was built from was not kept in the registry (${kept.error})`,
  });
}
