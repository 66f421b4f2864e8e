/** `build plan`: what a `--changed` run would do, and why; or what has changed since an earlier plan. Builds nothing. */
import path from 'node:path';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { ExitCode } from '../core/exit-code.ts';
import { err, ok, type Result } from '../core/result.ts';
import { drawPlan, type DrawnPlan, type Family } from '../plan/draw-plan.ts';
import type { PlanFacts, ShownEntry, UnknownImage } from '../plan/plan.ts';
import { screenOf, type CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';
import { scanKeyOption, scanPolicyOf } from '../run/scan-policy.ts';
import { contractOf } from '../run/smoke-contract.ts';
import { tell } from './tell.ts';
import { estimateMs, usualJobs } from '../run/estimate.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface PlanOptions {
  readonly directory?: string;
  readonly format: 'tree' | 'json' | 'dot' | 'mermaid' | 'github-matrix';
  /** The JSON of an earlier plan. */
  readonly against?: string;
  /** With what the keys were made from, in the JSON. */
  readonly inputs: boolean;
  readonly push: boolean;
}

/** What is shown, whichever way it was found. */
interface Shown {
  readonly entries: readonly ShownEntry[];
  readonly facts: PlanFacts;
  readonly estimateMs?: number | undefined;
  readonly warnings: readonly Diagnostic[];
  /** What could not be asked: the plan is known in part. */
  readonly troubles: readonly Diagnostic[];
  readonly unknown: readonly UnknownImage[];
}

/** `opened`: what was opened for it already, and is closed at its end. */
export async function planCommand(
  context: CliContext,
  names: readonly string[],
  options: PlanOptions,
  opened?: Workplace,
): Promise<ExitCode> {
  await using workplace = opened ?? openWorkplace(context);
  const directory = findRepository(options.directory, context.cwd);
  const family = await readCheckedFamily(context, directory);
  if (!family.ok) return await tell(context, family.error);
  const shown = await (options.against === undefined
    ? planned(context, workplace, family.value, names, options)
    : compared(context, family.value, names, options, options.against));
  if (!shown.ok) return await tell(context, shown.error);
  await tell(context, shown.value.warnings);
  await show(context, shown.value, options.format);
  return await tell(context, shown.value.troubles.map(withConsequence));
}

/** A root that is not found says by itself what follows; the tree has it too. */
function withConsequence(trouble: Diagnostic): Diagnostic {
  if (trouble.code === 'root-unresolved') return trouble;
  const message =
    'so the plan goes by what this machine has: an image that the registry has need not be built, and what would be published is not told';
  return { ...trouble, notes: [...(trouble.notes ?? []), { message }] };
}

/** Asks the engine and the registry. */
async function planned(
  context: CliContext,
  workplace: Workplace,
  family: Family,
  names: readonly string[],
  options: PlanOptions,
): Promise<Result<Shown, readonly Diagnostic[]>> {
  const mode = { changed: true, force: false, push: options.push && family.set.registry !== undefined };
  const policy = mode.push ? await scanPolicyOf(family.set, new Date()) : ok(undefined);
  if (!policy.ok) return policy;
  const drawn = await drawPlan(
    family,
    workplace.engine,
    workplace.registry,
    {
      names,
      mode,
      contractOf,
      environment: context.env,
      ...scanKeyOption(policy.value?.policy),
      // A program would take half a plan for a whole one.
      ...(options.format === 'tree' ? { asFarAsKnown: true } : {}),
    },
    context.signal,
  );
  if (!drawn.ok) return drawn;
  const { plan, info, roots, keys, memories, troubles, unknown } = drawn.value;
  const taken =
    mode.push && troubles.length === 0 ? await takenTagsOf(context, workplace, drawn.value) : ok([]);
  if (!taken.ok) return err([taken.error]);
  const warnings = [...drawn.value.warnings, ...(policy.value?.warnings ?? []), ...taken.value];
  const facts = {
    platform: `linux/${info.architecture}`,
    roots: new Map([...roots].map(([root, { identity }]) => [root, identity])),
    ...(options.inputs ? { inputs: keys } : {}),
  };
  const estimate = estimateMs(plan.entries, memories, usualJobs(info.cpus));
  return ok({ entries: plan.entries, facts, estimateMs: estimate, warnings, troubles, unknown });
}

/** Loaded by plans for a registry alone. */
async function takenTagsOf(
  { signal }: CliContext,
  { registry }: Workplace,
  drawn: DrawnPlan,
): Promise<Result<readonly Diagnostic[], Diagnostic>> {
  const { takenTags } = await import('../plan/taken-tags.ts');
  return await takenTags(drawn, registry, 'warning', signal);
}

/** Asks nobody: the files of today against a file of then. */
async function compared(
  context: CliContext,
  family: Family,
  names: readonly string[],
  options: PlanOptions,
  file: string,
): Promise<Result<Shown, readonly Diagnostic[]>> {
  const { comparePlan, namesInBoth, readEarlierPlan } = await import('../plan/earlier-plan.ts');
  const { selectImages } = await import('../graph/select-images.ts');
  const selected = selectImages(family.set, family.graph, names);
  if (!selected.ok) return selected;
  const earlier = await readEarlierPlan(path.resolve(context.cwd, file), file);
  if (!earlier.ok) return { ok: false, error: [earlier.error] };
  const all =
    names.length > 0 ? selected.value : [...selected.value, ...namesInBoth(family.graph, earlier.value)];
  const comparison = await comparePlan(family, all, earlier.value, context.signal, context.env);
  if (!comparison.ok) return comparison;
  const { entries, keys, platform, roots, removed } = comparison.value;
  const facts = {
    platform,
    roots,
    removed: names.length > 0 ? [] : removed,
    ...(options.inputs ? { inputs: keys } : {}),
  };
  return ok({ entries, facts, warnings: family.warnings, troubles: [], unknown: [] });
}

async function show(
  context: CliContext,
  { entries, unknown, facts, estimateMs: estimate }: Shown,
  format: PlanOptions['format'],
): Promise<void> {
  // What programs read stays as it is.
  const write = (text: string): void => void context.stdout.write(text);
  switch (format) {
    case 'tree': {
      const screen = screenOf(context.stdout, context.env);
      const { renderPlanTree } = await import('../report/plan-tree.ts');
      return screen.write(
        await renderPlanTree({ entries, unknown, removed: facts.removed, estimateMs: estimate }, screen),
      );
    }
    case 'json': {
      const { planDocument } = await import('../plan/plan.ts');
      return write(`${JSON.stringify(planDocument(entries, facts), null, 2)}\n`);
    }
    case 'dot': {
      const { renderDot } = await import('../report/plan-graph.ts');
      return write(renderDot({ entries }));
    }
    case 'mermaid': {
      const { renderMermaid } = await import('../report/plan-graph.ts');
      return write(renderMermaid({ entries }));
    }
    case 'github-matrix': {
      const { renderGithubMatrix } = await import('../report/plan-levels.ts');
      return write(renderGithubMatrix({ entries }));
    }
    default:
      format satisfies never;
  }
}
