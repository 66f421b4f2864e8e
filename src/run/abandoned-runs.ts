/**
 * What runs leave in the engine when they cannot tidy up: their process was killed, or the engine went away first.
 * A run notes its process in its own folder; a later run of the same repository finds notes whose process is gone,
 * and removes what carries those runs' label. It touches nothing of runs that live, or of other repositories.
 */
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { ownerLabel } from '../core/labels.ts';
import { livingProcess, processMark } from '../core/process-alive.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ContainerEngine, EngineError, ImageStore } from '../engine/engine.ts';

const note = 'process';

/** `20261120-164512-3f9a`: sorts by time, unique among runs that start in the same second. */
export function newRunId(now = new Date()): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

/** The folder of all runs of a repository, relative to it. */
export const runsFolder = path.posix.join('.hubwright', 'runs');

/**
 * Work in the engine beside any run, such as a look into an image: noted as a run is, until it is disposed of. Where
 * nothing can be noted, it goes without.
 */
export class NotedWork implements Disposable {
  /** What has to stand in `ownerLabel` of whatever this makes in the engine. */
  readonly id = newRunId();
  readonly #folder: string;

  constructor(directory: string) {
    this.#folder = path.join(directory, runsFolder, this.id);
    try {
      mkdirSync(this.#folder, { recursive: true });
      noteRun(this.#folder);
    } catch {
      // A repository that can be read alone.
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Notes in a run's folder that this process has things in the engine. */
export function noteRun(folder: string): void {
  writeFileSync(path.join(folder, note), `${processMark()}\n`);
  hideFromGit(path.dirname(path.dirname(folder)));
}

/** Logs and records are nobody's to commit, in repositories too whose own .gitignore does not know them. */
function hideFromGit(folder: string): void {
  try {
    writeFileSync(path.join(folder, '.gitignore'), '*\n', { flag: 'wx' });
  } catch {
    // It is there, as nearly always; or it is not to be had, and nothing but git would go by it.
  }
}

/** Adds a tag that the run gives an image for a while: it carries no label, so that it is found by this note alone. */
export function noteTag(folder: string, reference: string): void {
  appendFileSync(path.join(folder, note), `${reference}\n`);
}

/** Takes such a tag out of the note again: it is gone, and a later run may use its name. */
export function forgetTag(folder: string, reference: string): void {
  const file = path.join(folder, note);
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.filter((line) => line !== reference).join('\n'));
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
  engine: ContainerEngine & { readonly images: Pick<ImageStore, 'remove'> },
  runs: string,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (const run of readdirSync(runs)) {
    const left = abandoned(path.join(runs, run));
    if (left === undefined) continue;
    const swept = await removeLabelled(engine, `${ownerLabel}=${run}`, signal);
    if (!swept.ok) return removed;
    removed += swept.value;
    for (const tag of left.tags) {
      const untagged = await engine.images.remove(tag, signal);
      if (untagged.ok) removed += 1;
      else if (untagged.error.kind !== 'not-found') return removed;
    }
    forgetRun(path.join(runs, run));
  }
  return removed;
}

/** What a run's note names, where the run's process is gone; undefined where it lives, or left no note. */
function abandoned(folder: string): { readonly tags: readonly string[] } | undefined {
  try {
    const [owner = '', ...tags] = readFileSync(path.join(folder, note), 'utf8').trimEnd().split('\n');
    // A run that has just begun may not have written its note yet.
    return Number.parseInt(owner, 10) > 0 && livingProcess(owner) === undefined ? { tags } : undefined;
  } catch {
    // No note: nothing was left, or another run is sweeping right now.
    return undefined;
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
