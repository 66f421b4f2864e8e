/**
 * Scans the images of one run: the database is brought up to date once, a Trivy server keeps what was seen in each
 * layer, and the engine hands out what waits in one piece, so that a layer of the whole family is written and looked at
 * once. Says what Trivy said or why it could not; what a finding means is policy.ts's.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import { err, ok, type Result } from '../core/result.ts';
import type { ImageStore } from '../engine/engine.ts';
import type { ImageSaver } from '../engine/image-saver.ts';
import { updateDatabase, type DatabaseOptions, type DatabaseState } from './database.ts';
import type { ScanReport } from './finding.ts';
import { fetchJavaDatabase, refreshJavaDatabase, wantsJavaDatabase } from './java-database.ts';
import { LayerTurns } from './layer-turns.ts';
import { renamedReport } from './renamed-report.ts';
import { SavedLayouts } from './saved-layouts.ts';
import { cancelledScan, runTrivy, type ScanTrouble, type TrivyProgram } from './trivy-program.ts';
import { readTrivyReport } from './trivy-report.ts';
import { startTrivyServer, type TrivyServer } from './trivy-server.ts';
import { openWorkFolder } from './work-folder.ts';

export interface ScannerOptions extends DatabaseOptions {
  /** Repositories of the database of Java archives' names, first come first; empty: Trivy's own. */
  readonly javaDatabases: readonly string[];
  readonly trivy: TrivyProgram;
  readonly images: Pick<ImageStore, 'inspect'> & ImageSaver;
  /** Scans at once. */
  readonly atOnce: number;
  readonly now: () => Date;
}

/** An image of the engine's. */
export interface ImageToScan {
  /** As reports and bills shall call it. */
  readonly name: string;
  readonly id: string;
}

export interface Scanned {
  readonly report: ScanReport;
  /** Trivy's own report, whole: what bills of materials are made of. */
  readonly raw: Buffer;
}

/** Software bills of materials, as JSON. */
export interface Bills {
  readonly cyclonedx: Buffer;
  readonly spdx: Buffer;
}

const scanMs = 15 * 60_000;

export class Scanner implements AsyncDisposable {
  readonly #options: ScannerOptions;
  readonly #end = new AbortController();
  readonly #turns = new LayerTurns();
  readonly #slots: ReturnType<typeof pLimit>;
  #database: Promise<Result<DatabaseState, ScanTrouble>> | undefined;
  #server: Promise<Result<TrivyServer, ScanTrouble>> | undefined;
  #java: Promise<Result<void, ScanTrouble>> | undefined;
  #folder: Promise<string> | undefined;
  #layouts: SavedLayouts | undefined;

  constructor(options: ScannerOptions) {
    this.#options = options;
    this.#slots = pLimit(options.atOnce);
  }

  /** The database as of now; the first call brings it up to date. */
  database(): Promise<Result<DatabaseState, ScanTrouble>> {
    const { trivy, now } = this.#options;
    this.#database ??= updateDatabase(trivy, this.#options, now(), this.#end.signal);
    return this.#database;
  }

  /** Scans an image of the engine's: packages and secrets. */
  async scanImage(image: ImageToScan, signal: AbortSignal): Promise<Result<Scanned, ScanTrouble>> {
    const details = await this.#options.images.inspect(image.id, signal);
    if (!details.ok) return err({ kind: 'failed', message: `looking at it: ${details.error.message}` });
    const folder = await this.#workFolder();
    const where = await this.#saved(folder).place(image.id, signal);
    if (!where.ok) return where;
    using turn = await this.#turns.take(details.value.diffIds, signal);
    const scanned = await this.#scan(image.name, where.value, signal);
    if (scanned.ok) turn.seen();
    return scanned;
  }

  /** Scans what a reference names in its registry, by pulling its layers. */
  scanReference(name: string, reference: string, signal: AbortSignal): Promise<Result<Scanned, ScanTrouble>> {
    return this.#scan(name, ['--image-src', 'remote', '--', reference], signal);
  }

  /** Judges a bill of materials as of today's database, without the image. */
  async scanBill(bill: Buffer, signal: AbortSignal): Promise<Result<ScanReport, ScanTrouble>> {
    return await this.#inFolder(async (folder) => {
      const file = path.join(folder, 'bill.json');
      await writeFile(file, bill);
      const read = await this.#report('sbom', ['--scanners', 'vuln', '--', file], folder, signal);
      return read.ok ? ok(read.value.report) : read;
    });
  }

  /** The bills of materials of a scanned image that is published as `reference`, `repository@sha256:…`. */
  async bills(raw: Buffer, reference: string, signal: AbortSignal): Promise<Result<Bills, ScanTrouble>> {
    return await this.#inFolder(async (folder) => {
      const file = path.join(folder, 'report.json');
      await writeFile(file, renamedReport(raw, reference, [reference]));
      const bills: Buffer[] = [];
      for (const format of ['cyclonedx', 'spdx-json']) {
        const output = path.join(folder, format);
        const args = ['convert', '--format', format, '--output', output, '--', file];
        const made = await runTrivy(this.#options.trivy, { args, timeoutMs: scanMs }, signal);
        if (!made.ok) return made;
        bills.push(await readFile(output));
      }
      const [cyclonedx = Buffer.alloc(0), spdx = Buffer.alloc(0)] = bills;
      return ok({ cyclonedx, spdx });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    const server = await this.#server;
    if (server?.ok === true) await server.value[Symbol.asyncDispose]();
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }

  #scan(name: string, where: readonly string[], signal: AbortSignal): Promise<Result<Scanned, ScanTrouble>> {
    return this.#inFolder(async (folder) => {
      const args = ['--scanners', 'vuln,secret', '--list-all-pkgs', ...where];
      const scanned = await this.#slots(() => this.#report('image', args, folder, signal));
      return scanned.ok ? ok({ ...scanned.value, raw: renamedReport(scanned.value.raw, name, []) }) : scanned;
    });
  }

  async #report(
    command: 'image' | 'sbom',
    args: readonly string[],
    folder: string,
    signal: AbortSignal,
  ): Promise<Result<Scanned, ScanTrouble>> {
    if (signal.aborted) return err(cancelledScan);
    const server = await this.#running();
    if (!server.ok) return server;
    const { address, secrets } = server.value;
    const output = path.join(folder, 'report.json');
    const all = [command, '--server', address, ...offline, '--format', 'json', '--output', output, ...args];
    const scan = (): Promise<Result<void, ScanTrouble>> =>
      runTrivy(this.#options.trivy, { args: all, secrets, timeoutMs: scanMs }, signal);
    let ran = await scan();
    if (!ran.ok && wantsJavaDatabase(ran.error)) {
      const java = await this.#javaDatabase();
      if (!java.ok) return java;
      ran = await scan();
    }
    if (!ran.ok) return ran;
    const raw = await readFile(output);
    const report = readTrivyReport(raw.toString('utf8'));
    return report.ok ? ok({ report: report.value, raw }) : err({ kind: 'failed', message: report.error });
  }

  async #running(): Promise<Result<TrivyServer, ScanTrouble>> {
    const database = await this.database();
    if (!database.ok) return database;
    this.#server ??= this.#start();
    return await this.#server;
  }

  async #start(): Promise<Result<TrivyServer, ScanTrouble>> {
    const { trivy, javaDatabases, now } = this.#options;
    await refreshJavaDatabase(trivy, javaDatabases, now(), this.#end.signal);
    return await startTrivyServer(trivy, this.#end.signal);
  }

  #javaDatabase(): Promise<Result<void, ScanTrouble>> {
    const { trivy, javaDatabases } = this.#options;
    this.#java ??= fetchJavaDatabase(trivy, javaDatabases, this.#end.signal);
    return this.#java;
  }

  #saved(folder: string): SavedLayouts {
    const { images } = this.#options;
    this.#layouts ??= new SavedLayouts(images, path.join(folder, 'layout'), this.#end.signal);
    return this.#layouts;
  }

  #workFolder(): Promise<string> {
    this.#folder ??= openWorkFolder(this.#options.trivy.cache);
    return this.#folder;
  }

  async #inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(path.join(await this.#workFolder(), 'scan-'));
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Scans read the database that was downloaded once, and ask nobody. */
const offline = [
  '--skip-db-update',
  '--skip-java-db-update',
  '--offline-scan',
  '--skip-version-check',
  '--disable-telemetry',
] as const;
