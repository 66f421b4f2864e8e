/** `build prune --local`: lets go of what earlier builds left in the engine and nobody will ask for again. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import { drawPlan, readFamily } from '../plan/draw-plan.ts';
import { forgetImages, forgettableImages } from '../plan/forget-images.ts';
import { builtKeys, forgetBuilds } from '../plan/remembered-inputs.ts';
import { renderPrune } from '../report/prune.ts';
import { expiredRuns, expiredTags, removeRuns, removeTags } from '../run/prune-local.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { contractOf } from '../run/smoke-contract.ts';
import { tell } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface PruneOptions {
  readonly directory?: string;
  readonly yes: boolean;
  /** Milliseconds. */
  readonly olderThan: number;
}

/** Without `--yes` it shows what would go, and nothing goes. */
export async function pruneCommand(context: CliContext, options: PruneOptions): Promise<ExitCode> {
  const { signal } = context;
  const directory = findRepository(options.directory, context.cwd);
  const family = await readFamily(directory, context.env, signal);
  if (!family.ok) return await tell(context, family.error);
  await using workplace = openWorkplace(context);
  const { engine, registry } = workplace;
  // Keys of the whole family are wanted, and nothing of the registry.
  const names = family.value.set.images.map(({ name }) => name);
  const mode = { changed: false, force: false, push: false };
  const drawn = await drawPlan(
    family.value,
    engine,
    registry,
    { names, mode, contractOf, environment: context.env },
    signal,
  );
  if (!drawn.ok) return await tell(context, drawn.error);
  const stored = await engine.images.list({}, signal);
  if (!stored.ok) return await tell(context, [engineDiagnostic(stored.error)]);

  const now = Date.now();
  const { keys, memories } = drawn.value;
  const tags = expiredTags({
    stored: stored.value,
    keys: new Map([...keys].map(([name, { key }]) => [name, key])),
    built: new Map(
      [...new Set([...names, ...memories.keys()])].map((name) => [name, builtKeys(directory, name)]),
    ),
    now,
    olderThanMs: options.olderThan,
  });
  const runs = await expiredRuns(directory, now, options.olderThan);
  const forgotten = await forgettableImages(directory, new Set(names), now, options.olderThan);
  const screen = screenOf(context.stdout, context.env);
  screen.write(renderPrune({ tags, runs: runs.length, forgotten }, options.yes));
  if (!options.yes) return exitCode.ok;
  await removeRuns(runs);
  const removed = await removeTags(engine.images, tags, signal);
  if (!removed.ok) return await tell(context, [engineDiagnostic(removed.error)]);
  for (const { image, key } of tags) forgetBuilds(directory, image, [key]);
  // Last, for the tags of an image that was forgotten would no longer be known to be ours.
  await forgetImages(directory, forgotten);
  return exitCode.ok;
}
