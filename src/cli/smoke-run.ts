/** One call of `build smoke` in the engine: how it is known there, and what of it is kept or, after a kill, taken away. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ownerLabel } from '../core/labels.ts';
import type { Engine } from '../engine/engine.ts';
import { cacheFolderOf } from '../matrix/cache-folder.ts';
import { forgetRun, hasProcessNote, noteRun, sweepAbandonedRuns } from '../run/abandoned-runs.ts';

/** Notes its process in the user's cache folder: no repository is needed for this. */
export class SmokeRun implements AsyncDisposable {
  readonly id: string;
  readonly #folder: string | undefined;
  #leaves = false;

  private constructor(id: string, folder: string | undefined) {
    this.id = id;
    this.#folder = folder;
  }

  /** Removes what killed calls left in the engine, and begins one. Where nothing can be noted, it goes without. */
  static async open(
    engine: Engine,
    env: Readonly<Record<string, string | undefined>>,
    id: string,
    signal: AbortSignal,
  ): Promise<SmokeRun> {
    const cache = cacheFolderOf(env);
    if (cache === undefined) return new SmokeRun(id, undefined);
    const runs = path.join(cache, 'smoke');
    const folder = path.join(runs, id);
    try {
      mkdirSync(folder, { recursive: true });
      noteRun(folder);
    } catch {
      return new SmokeRun(id, undefined);
    }
    await sweepAbandonedRuns(engine, runs, signal);
    for (const name of readdirSync(runs)) {
      const old = path.join(runs, name);
      if (!hasProcessNote(old)) rmSync(old, { recursive: true, force: true });
    }
    return new SmokeRun(id, folder);
  }

  /** The engine went away: what it still has of this call, the next one removes. */
  leaveNote(): void {
    this.#leaves = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#folder === undefined || this.#leaves) return;
    forgetRun(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What `--keep` left, how to look inside, and how to remove it. */
export async function keptThings(engine: Engine, runId: string, signal: AbortSignal): Promise<string> {
  const label = `${ownerLabel}=${runId}`;
  const [containers, volumes, networks] = await Promise.all([
    engine.listContainers(label, signal),
    engine.listVolumes(label, signal),
    engine.listNetworks(label, signal),
  ]);
  if (!containers.ok || !volumes.ok || !networks.ok) return `\nkept: what carries the label ${label}\n`;
  const lines = containers.value
    // What was only made, to prepare a volume, never ran.
    .filter(({ status }) => status !== 'created')
    .map(({ name, status }) =>
      status === 'running'
        ? `  docker exec -it ${name} sh`
        : `  docker logs ${name}    (has ended; \`docker start ${name}\` brings it back, without its hub)`,
    );
  const removal = [
    ...(containers.value.length > 0
      ? [`docker rm -f ${containers.value.map(({ name }) => name).join(' ')}`]
      : []),
    ...(volumes.value.length > 0 ? [`docker volume rm ${volumes.value.join(' ')}`] : []),
    ...(networks.value.length > 0
      ? [`docker network rm ${networks.value.map(({ name }) => name).join(' ')}`]
      : []),
  ];
  return `\nkept; to look inside:\n${lines.join('\n')}\nto remove it all:\n${removal.map((line) => `  ${line}`).join('\n')}\n`;
}
