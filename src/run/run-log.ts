/**
 * A run's folder, `.hubwright/runs/<id>/`: the journal of its events and the log of each build.
 * Writing is synchronous and unbuffered, so that what was said is on the disk when the process is killed,
 * and a build that prints without end piles up neither in memory nor on the disk (capped-log.ts).
 */
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { RunEvent } from '../core/event.ts';
import { CappedLog } from './capped-log.ts';
import { forgetRun, forgetTag, noteRun, noteTag, runsFolder } from './abandoned-runs.ts';

/** How many runs' folders are kept. */
const keptRuns = 30;

export class RunLog {
  /** Relative to the repository's root, as it is shown to people. */
  readonly folder: string;
  readonly #absolute: string;
  readonly #journal: number;
  /** Of builds under way. */
  readonly #logs = new Map<string, CappedLog>();

  constructor(directory: string, runId: string) {
    this.folder = path.posix.join(runsFolder, runId);
    this.#absolute = path.join(directory, this.folder);
    mkdirSync(path.join(this.#absolute, 'logs'), { recursive: true });
    this.#journal = openSync(path.join(this.#absolute, 'events.ndjson'), 'a');
    noteRun(this.#absolute);
    removeOldRuns(this.runsFolder);
  }

  /** Notes a tag that serves for a while, for whoever tidies up after a run that was killed. */
  noteTag(reference: string): void {
    noteTag(this.#absolute, reference);
  }

  /** Says that such a tag is gone. */
  forgetTag(reference: string): void {
    forgetTag(this.#absolute, reference);
  }

  /** The folder of all runs. */
  get runsFolder(): string {
    return path.dirname(this.#absolute);
  }

  /** Says that nothing of this run is left in the engine. */
  forgetProcess(): void {
    forgetRun(this.#absolute);
  }

  /** Adds an event to the journal. What builds print goes to their own logs instead. */
  record(event: RunEvent): void {
    if (event.kind !== 'output') writeSync(this.#journal, `${JSON.stringify(event)}\n`);
  }

  /** Path of an image's log, relative to the repository's root. */
  logPath(image: string): string {
    return path.posix.join(this.folder, 'logs', `${image}.log`);
  }

  append(image: string, text: string): void {
    const log = this.#logs.get(image) ?? new CappedLog(path.join(this.#absolute, 'logs', `${image}.log`));
    this.#logs.set(image, log);
    log.append(text);
  }

  /** Completes an image's log: its build has ended. */
  endLog(image: string): void {
    this.#logs.get(image)?.end();
    this.#logs.delete(image);
  }

  close(): void {
    for (const image of this.#logs.keys()) this.endLog(image);
    closeSync(this.#journal);
  }
}

function removeOldRuns(runs: string): void {
  const names = readdirSync(runs).toSorted();
  for (const name of names.slice(0, Math.max(0, names.length - keptRuns))) {
    rmSync(path.join(runs, name), { recursive: true, force: true });
  }
}
