/** `build plan`: what a `--changed` run would do, and why. Builds nothing. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import { drawPlan, readFamily } from '../plan/draw-plan.ts';
import { planDocument } from '../plan/plan.ts';
import { renderPlanTree } from '../report/plan-tree.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { contractOf } from './smoke-contract.ts';
import { tell } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface PlanOptions {
  readonly directory?: string;
  readonly format: 'tree' | 'json';
  readonly push: boolean;
}

export async function planCommand(
  context: CliContext,
  names: readonly string[],
  options: PlanOptions,
): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd, context.home);
  const family = await readFamily(directory, context.env, context.signal);
  if (!family.ok) return await tell(context, family.error);
  await using workplace = openWorkplace(context);
  const mode = { changed: true, force: false, push: options.push && family.value.set.registry !== undefined };
  const drawn = await drawPlan(
    family.value,
    workplace.engine,
    workplace.registry,
    { names, mode, contractOf },
    context.signal,
  );
  if (!drawn.ok) return await tell(context, drawn.error);
  await tell(context, drawn.value.warnings);
  const screen = screenOf(context.stdout, context.env);
  if (options.format === 'json') screen.write(`${JSON.stringify(planDocument(drawn.value.plan), null, 2)}\n`);
  else screen.write(renderPlanTree(drawn.value.plan, screen));
  return exitCode.ok;
}
