/** `build setup`, and what `--setup` of other commands does: says what it will do, asks, does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exitCode, type ExitCode } from '../core/exit-code.ts';
import type { Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Engine } from '../engine/engine.ts';
import type { Root } from '../matrix/image-set.ts';
import type { Family } from '../plan/draw-plan.ts';
import { styleOf } from '../report/style.ts';
import { bootstrapDebianRoot } from '../setup/bootstrap-root.ts';
import { localHost } from '../setup/host.ts';
import { inspectMachine } from '../setup/inspect-machine.ts';
import { performSetup } from '../setup/perform-setup.ts';
import { planSetup } from '../setup/plan-setup.ts';
import type { SetupPlan } from '../setup/requirement.ts';
import { askFirst } from './ask-first.ts';
import { screenOf, type CliContext } from './context.ts';
import { readCheckedFamily } from './read-family.ts';
import { findRepository } from './repository.ts';
import { tell, usage } from './tell.ts';
import { openWorkplace } from './workplace.ts';

export interface SetUpOptions {
  /** Do not ask. */
  readonly yes: boolean;
  /** Also what the project's own tests need. */
  readonly tests: boolean;
  /** Also what `build smoke --family` needs. */
  readonly browser?: boolean;
  /** Also what signing needs; where a family is given, it says so itself. */
  readonly signing?: boolean;
  /** Also what scanning needs. */
  readonly scanning?: boolean;
  /** The family whose roots may have to be made on the spot. */
  readonly family: Family | undefined;
}

/** Installs and starts what is missing. Touches nothing where all is there. */
export async function setUpMachine(
  context: CliContext,
  engine: Engine,
  options: SetUpOptions,
): Promise<ExitCode> {
  const askEngine = (signal: AbortSignal): ReturnType<Engine['info']> => engine.info(signal);
  const roots = options.family === undefined ? [] : rootsToMake(options.family);
  const { requirements, machine } = await inspectMachine(
    localHost,
    askEngine,
    {
      bootstrap: roots.length > 0,
      tests: options.tests,
      browser: options.browser ?? false,
      signing: options.family?.set.sign?.kind === 'key' || options.signing === true,
      scanning: options.scanning === true,
    },
    context.signal,
  );
  const plan = planSetup(requirements, machine);
  if (!plan.ok) return await tell(context, [plan.error]);
  const { write } = screenOf(context.stderr, context.env);
  if (plan.value.steps.length === 0) {
    write('setup: everything that is needed is there\n');
    return exitCode.ok;
  }
  announce(context, plan.value, roots);
  const agreed = options.yes || (await agrees(context));
  if (!agreed)
    return await tell(context, [
      usage('nothing was changed', 'run it again with `--yes` to agree without being asked'),
    ]);
  const done = await performSetup(
    plan.value,
    { askEngine, onStep: ({ title }) => write(`setup: ${title} …\n`) },
    context.signal,
  );
  if (!done.ok) return await tell(context, [done.error]);
  write('setup: done\n');
  return exitCode.ok;
}

/** Open roots that matrix.yaml tells how to make, should no registry answer for them. */
function rootsToMake({ graph }: Family): readonly Root[] {
  return [...graph.roots.values()].filter(
    ({ bootstrap, digest }) => bootstrap !== undefined && digest === undefined,
  );
}

function announce(context: CliContext, plan: SetupPlan, roots: readonly Root[]): void {
  const screen = screenOf(context.stderr, context.env);
  const style = styleOf(screen.colour);
  screen.write(`${style.bold('setup')} will do this:\n`);
  for (const [index, step] of plan.steps.entries()) {
    screen.write(`  ${index + 1}. ${step.title}: ${step.reason}\n`);
    for (const line of step.shown) screen.write(`     ${style.dim(line)}\n`);
  }
  for (const { from } of roots) {
    screen.write(`  then, if no registry has \`${from}\`: make it from Debian’s packages\n`);
  }
}

/** Asks on a terminal. Nobody can answer on a pipe: there a `--setup` that was typed is the agreement. */
async function agrees(context: CliContext): Promise<boolean> {
  return (await askFirst(context, 'Go on? [Y/n] ', 'yes')) !== 'no';
}

/** Makes the roots that `diagnostics` say can't be found and that matrix.yaml tells how to make; others stay errors. */
export async function makeMissingRoots(
  context: CliContext,
  engine: Engine,
  family: Family,
  diagnostics: readonly Diagnostic[],
): Promise<Result<void, readonly Diagnostic[]>> {
  const roots = rootsToMake(family);
  if (roots.length === 0) return err(diagnostics);
  const { write } = screenOf(context.stderr, context.env);
  for (const root of roots) {
    write(`setup: no registry answers for \`${root.from}\`; making it from Debian’s packages …\n`);
    const made = await makeRoot(context, engine, root);
    if (!made.ok) return err([made.error]);
  }
  return ok(undefined);
}

async function makeRoot(
  context: CliContext,
  engine: Engine,
  root: Root,
): Promise<Result<unknown, Diagnostic>> {
  const workDir = await mkdtemp(path.join(tmpdir(), 'hubwright-root-'));
  try {
    const { machine } = await inspectMachine(
      localHost,
      (signal) => engine.info(signal),
      { bootstrap: true, tests: false },
      context.signal,
    );
    return await bootstrapDebianRoot(
      { images: engine.images, sources: machine.sources, workDir },
      root,
      context.signal,
    );
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** `build setup`: the machine alone, no image. */
export async function setupCommand(
  context: CliContext,
  options: {
    readonly yes: boolean;
    readonly tests: boolean;
    readonly browser: boolean;
    readonly scanner: boolean;
  },
): Promise<ExitCode> {
  await using workplace = openWorkplace(context);
  return await setUpMachine(context, workplace.engine, {
    ...options,
    ...(await familyWants(context, options.scanner)),
    family: undefined,
  });
}

/** What the repository that the user stands in does with what it publishes; one with mistakes is told by other commands. */
export async function familyWants(
  context: CliContext,
  scanner: boolean,
): Promise<{ readonly signing: boolean; readonly scanning: boolean }> {
  const directory = findRepository(undefined, context.cwd);
  const family = await readCheckedFamily(context, directory);
  const set = family.ok ? family.value.set : undefined;
  return { signing: set?.sign?.kind === 'key', scanning: scanner || set?.scan !== undefined };
}
