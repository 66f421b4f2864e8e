/**
 * `build lock`: writes down what an image's content may depend on but its Dockerfile does not say: versions and
 * hashes of Python packages, commits of cloned repositories, digests of roots, and a day for each image's
 * operating-system packages.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Diagnostic } from '../core/diagnostic.ts';
import type { ExitCode } from '../core/exit-code.ts';
import type { GraphNode } from '../graph/image-graph.ts';
import { chooseLocks, lockable, type Lockable } from '../lock/choose-locks.ts';
import { compilePythonLock, requirementsOf } from '../lock/compile-python-lock.ts';
import { updateLockText, wantedKeys, type WantedKeys } from '../lock/lock-text.ts';
import { outsideEntries } from '../lock/outside-entries.ts';
import { isInstaller, neededForLock } from '../lock/python-lock.ts';
import { lockFile } from '../matrix/load-matrix.ts';
import type { Root } from '../matrix/image-set.ts';
import { engineDiagnostic } from '../engine/engine-diagnostic.ts';
import { readFamily, type Family } from '../plan/draw-plan.ts';
import { readLocalRecord } from '../plan/local-record.ts';
import { NotedWork } from '../run/abandoned-runs.ts';
import { screenOf, type CliContext } from './context.ts';
import { openRepository } from './open-repository.ts';
import { draw, runPlan } from './run-plan.ts';
import { tell } from './tell.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

export interface LockOptions {
  readonly directory?: string;
  readonly update: boolean;
  readonly bootstrap: boolean;
  readonly ca?: string;
}

/** Locks what is missing, of all or of what `names` mean; with `update` what is locked moves too. */
export async function lockCommand(
  context: CliContext,
  names: readonly string[],
  options: LockOptions,
): Promise<ExitCode> {
  const repository = await openRepository(context, options);
  if (!repository.ok) return await tell(context, repository.error);
  const { directory, family, secrets } = repository.value;
  const chosen = chooseLocks(family.set, family.graph, names);
  if (!chosen.ok) return await tell(context, chosen.error);
  await using workplace = openWorkplace(context);

  const { update, bootstrap } = options;
  const wanted = names.length === 0 && update ? wantedKeys(lockable(family.set, family.graph)) : undefined;
  const outside = await lockOutside(context, workplace, family, { chosen: chosen.value, update, wanted });
  // Who names a thing asks for that; what is merely open may stay so, and so may what is made on the spot.
  const troubles = outside.troubles.map((trouble): Diagnostic =>
    names.length > 0 && !bootstrap ? { ...trouble, severity: 'error' } : trouble,
  );
  const made = bootstrap ? await makeRoots(context, workplace, family, outside.leftOpen) : [];
  if (made.length > 0) return await tell(context, [...troubles, ...made]);
  const python = await lockPython(context, workplace, directory, new Set(chosen.value.images), {
    update,
    bootstrap,
    secrets,
  });
  return await tell(context, [...troubles, ...python]);
}

interface OutsideRequest {
  readonly chosen: Lockable;
  readonly update: boolean;
  readonly wanted: WantedKeys | undefined;
}

interface OutsideLocks {
  /** What could not be had. */
  readonly troubles: readonly Diagnostic[];
  readonly leftOpen: readonly Root[];
}

/** matrix.lock: what is open is closed; what is closed moves only with `--update`. */
async function lockOutside(
  context: CliContext,
  { registry }: Workplace,
  { set }: Family,
  { chosen, update, wanted }: OutsideRequest,
): Promise<OutsideLocks> {
  const today = new Date().toISOString().slice(0, 10);
  const tools = { registry, directory: set.directory, today };
  const { entries, troubles } = await outsideEntries(chosen, set.lock, update, tools, context.signal);
  const file = path.join(set.directory, lockFile);
  const before = await readFile(file, 'utf8').catch(() => '');
  const after = updateLockText(before, entries, wanted);
  if (after !== before) await writeFileAtomic(file, after);
  screenOf(context.stdout, context.env).write(`${lockFile}: ${after === before ? 'unchanged' : 'written'}\n`);
  const leftOpen = chosen.roots.filter(
    ({ name, digest }) => digest === undefined && entries.roots[name] === undefined,
  );
  return { troubles, leftOpen };
}

/** Makes what can be made on the spot of the roots that nobody could be asked for, unless it was made before. */
async function makeRoots(
  context: CliContext,
  { engine }: Workplace,
  family: Family,
  leftOpen: readonly Root[],
): Promise<readonly Diagnostic[]> {
  const stored = await engine.images.list({}, context.signal);
  if (!stored.ok) return [engineDiagnostic(stored.error)];
  const record = readLocalRecord(stored.value);
  const missing = leftOpen.filter(
    ({ name, bootstrap }) => bootstrap !== undefined && record.bootstrappedRoot(name) === undefined,
  );
  if (missing.length === 0) return [];
  const { makeMissingRoots } = await import('./set-up.ts');
  const roots = new Map(missing.map((root) => [root.from, root]));
  const made = await makeMissingRoots(context, engine, { ...family, graph: { ...family.graph, roots } }, []);
  return made.ok ? [] : made.error;
}

interface PythonOptions {
  readonly update: boolean;
  /** A root that no registry answers for may be made on the spot. */
  readonly bootstrap: boolean;
  readonly secrets: ReadonlyMap<string, Buffer>;
}

/**
 * The Python locks, parents first: a parent whose lock moved is built again before its children's are computed.
 * Images that share a context share its lock. Ends at the first trouble.
 */
async function lockPython(
  context: CliContext,
  workplace: Workplace,
  directory: string,
  wanted: ReadonlySet<string>,
  options: PythonOptions,
): Promise<readonly Diagnostic[]> {
  const { write } = screenOf(context.stdout, context.env);
  const locked = new Set<string>();
  using work = new NotedWork(directory);
  for (;;) {
    // Read anew each time: a lock that was just written is part of the keys of what stands on it.
    const family = await readFamily(directory, context.env, context.signal);
    if (!family.ok) return family.error;
    const next = await nextToLock(family.value, wanted, locked);
    if (next === undefined) return [];
    const { node, requirements } = next;
    locked.add(node.image.context ?? '');
    const prepared = await prepare(context, workplace, family.value, node, options);
    if (!prepared.ok) return prepared.error;
    const { engine, credentials } = workplace;
    const changed = await compilePythonLock(
      prepared.value,
      node,
      requirements,
      { engine, credentials, secrets: options.secrets, upgrade: options.update, owner: work.id },
      context.signal,
    );
    if (!changed.ok) return [changed.error];
    write(`${node.image.context}/requirements.lock: ${changed.value ? 'written' : 'unchanged'}\n`);
  }
}

async function nextToLock(
  { set, graph }: Family,
  wanted: ReadonlySet<string>,
  locked: ReadonlySet<string>,
): Promise<{ readonly node: GraphNode; readonly requirements: string } | undefined> {
  for (const name of graph.order) {
    const node = graph.nodes.get(name);
    if (node === undefined || locked.has(node.image.context ?? '')) continue;
    if (!wanted.has(name)) continue;
    const requirements = await requirementsOf(set.directory, node);
    if (requirements !== undefined) return { node, requirements };
  }
  return undefined;
}

/** Builds what the lock is computed in, and draws the plan that names it exactly. */
async function prepare(
  context: CliContext,
  workplace: Workplace,
  family: Family,
  node: GraphNode,
  { secrets, bootstrap }: PythonOptions,
): ReturnType<typeof draw> {
  const mode = { changed: true, force: false, push: false };
  const needed = isInstaller(node) ? [node.image.name] : neededForLock(family.graph, node);
  const names = [node.image.name, ...needed];
  // No name at all would mean the whole group `default`.
  if (needed.length === 0) return await draw(context, workplace, family, { names, mode, setup: bootstrap });
  const parents = await draw(context, workplace, family, { names: needed, mode, setup: bootstrap });
  if (!parents.ok) return parents;
  if (parents.value.plan.entries.some(({ action }) => action === 'build')) {
    const run = {
      jobs: undefined,
      failFast: true,
      noCache: false,
      force: false,
      push: false,
      json: false,
      verbose: false,
    };
    const report = await runPlan(context, workplace, parents.value, { ...run, secrets });
    if (report.result !== 'success') return { ok: false, error: [parentFailed(node.image.name)] };
  }
  return await draw(context, workplace, family, { names, mode, setup: false });
}

function parentFailed(name: string): Diagnostic {
  return {
    category: 'usage',
    severity: 'error',
    code: 'lock-failed',
    message: `the lock of \`${name}\` can't be computed, because what it is computed in could not be built (see above)`,
  };
}
