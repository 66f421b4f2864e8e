/**
 * What runs leave in the engine when they cannot tidy up: their process was killed, or the engine went away first.
 * A run notes its process in its own folder; a later run of the same repository finds notes whose process is gone,
 * and removes what carries those runs' label. It touches nothing of runs that live, or of other repositories.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ownerLabel } from '../core/labels.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContainerEngine, EngineError } from '../engine/engine.ts';

const note = 'process';

/** Notes in a run's folder that this process has things in the engine. */
export function noteRun(folder: string): void {
  writeFileSync(path.join(folder, note), `${process.pid}\n`);
}

/** Takes the note away: the run has removed what it made. */
export function forgetRun(folder: string): void {
  rmSync(path.join(folder, note), { force: true });
}

/** Whether a run says that it has, or left, things in the engine. */
export function hasProcessNote(folder: string): boolean {
  return existsSync(path.join(folder, note));
}

/**
 * Removes what the abandoned runs among `runs` (the folder of all runs) left in the engine; answers how many things
 * that were. Trouble is not told: the note stays, and the next run tries again.
 */
export async function sweepAbandonedRuns(
  engine: ContainerEngine,
  runs: string,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const run of readdirSync(runs)) {
    if (!isAbandoned(path.join(runs, run))) continue;
    const swept = await removeLabelled(engine, `${ownerLabel}=${run}`, signal);
    if (!swept.ok) return removed;
    removed += swept.value;
    forgetRun(path.join(runs, run));
  }
  return removed;
}

function isAbandoned(folder: string): boolean {
  try {
    const pid = Number(readFileSync(path.join(folder, note), 'utf8'));
    return pid > 0 && !isAlive(pid);
  } catch {
    // No note: nothing was left, or another run is sweeping right now.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    // Somebody else's process may not be signalled, and lives. Node throws errors with a code alone.
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Containers first: they hold on to networks and volumes. */
async function removeLabelled(
  engine: ContainerEngine,
  label: string,
  signal: AbortSignal,
): Promise<Result<number, EngineError>> {
  const containers = await engine.listContainers(label, signal);
  if (!containers.ok) return containers;
  const networks = await engine.listNetworks(label, signal);
  if (!networks.ok) return networks;
  const volumes = await engine.listVolumes(label, signal);
  if (!volumes.ok) return volumes;
  const kinds = [
    () => containers.value.map(({ id }) => engine.removeContainer(id, signal)),
    () => networks.value.map(({ name }) => engine.removeNetwork(name, signal)),
    () => volumes.value.map((name) => engine.removeVolume(name, signal)),
  ];
  let removed = 0;
  for (const removals of kinds) {
    for (const result of await Promise.all(removals())) {
      if (!result.ok && result.error.kind !== 'not-found') return err(result.error);
      removed += 1;
    }
  }
  return ok(removed);
}
