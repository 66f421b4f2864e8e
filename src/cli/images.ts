/** `build images`: brings the family's images up to date: builds, checks and, where asked, publishes them. */
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { RunResult } from '../core/event.ts';
import { readFamily } from '../plan/draw-plan.ts';
import { renderPlanTree } from '../report/plan-tree.ts';
import { readBuildSecrets } from '../run/build-secrets.ts';
import { findCaBundle } from '../setup/ca-bundle.ts';
import { chooseRegistry } from './choose-registry.ts';
import { screenOf, type CliContext } from './context.ts';
import { findRepository } from './repository.ts';
import { draw, runPlan } from './run-plan.ts';
import { setUpMachine } from './set-up.ts';
import { tell } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface ImagesOptions {
  readonly directory?: string;
  readonly changed: boolean;
  readonly force: boolean;
  /** commander's form of --no-cache. */
  readonly cache: boolean;
  readonly push: boolean;
  readonly jobs?: number;
  readonly failFast: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly setup: boolean;
  readonly yes: boolean;
  readonly ca?: string;
}

export const exitCodeOfRun: Readonly<Record<RunResult, ExitCode>> = {
  success: exitCode.ok,
  failure: exitCode.imageFailed,
  environment: exitCode.environment,
  interrupted: exitCode.interrupted,
};

export async function imagesCommand(
  context: CliContext,
  names: readonly string[],
  options: ImagesOptions,
): Promise<ExitCode> {
  const directory = findRepository(options.directory, context.cwd, context.home);
  // What the user got wrong is told before anything is installed, started or asked.
  const read = await readFamily(directory, context.env, context.signal);
  if (!read.ok) return tell(context, read.error);
  const ca = await findCaBundle({ flag: options.ca, env: context.env });
  if (!ca.ok) return tell(context, [ca.error]);
  const secrets = await readBuildSecrets(directory, read.value.set.secrets, ca.value?.bytes, context.env);
  if (!secrets.ok) return tell(context, secrets.error);

  await using workplace = openWorkplace(context);
  if (options.setup) {
    const prepared = await setUpMachine(context, workplace.engine, {
      yes: options.yes,
      tests: false,
      family: read.value,
    });
    if (prepared !== exitCode.ok) return prepared;
  }
  const family = await chooseRegistry(context, workplace, read.value, { ...options, secrets: secrets.value });
  if (!family.ok) return tell(context, family.error);

  const { changed, force, push, setup } = options;
  const drawn = await draw(context, workplace, family.value, {
    names,
    mode: { changed, force, push },
    setup,
  });
  if (!drawn.ok) return tell(context, drawn.error);
  tell(context, drawn.value.warnings);
  if (options.dryRun) {
    const screen = screenOf(context.stdout, context.env);
    screen.write(renderPlanTree(drawn.value.plan, screen));
    return exitCode.ok;
  }
  const { jobs, failFast, cache, json, verbose } = options;
  const report = await runPlan(context, workplace, drawn.value, {
    jobs,
    failFast,
    force,
    push,
    json,
    verbose,
    noCache: !cache,
    secrets: secrets.value,
  });
  return exitCodeOfRun[report.result];
}
