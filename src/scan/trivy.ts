/**
 * Runs Trivy: one download of its database, then scans that read it side by side. Says what Trivy said or why it could
 * not; what a finding means is policy.ts. Trivy's exit code is never asked about findings, for operational trouble has
 * the same one.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { err, ok, type Result } from '../core/result.ts';
import type { ScanReport } from './finding.ts';
import { databaseSchema } from './schema.ts';
import { readTrivyReport } from './trivy-report.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface TrivyOptions {
  readonly env: Environment;
  /** Repositories to take the database from, first come first; empty: Trivy's own. */
  readonly databases: readonly string[];
}

/** A sentence for a person, and what to do where that is known; never an image's fault. */
export interface ScanTrouble {
  readonly kind: 'cancelled' | 'missing' | 'failed';
  readonly message: string;
  readonly help?: string;
}

export interface Scanned {
  readonly report: ScanReport;
  /** Software bill of materials as CycloneDX JSON. */
  readonly bill: Buffer;
}

/** The day and hour when its data was put together. */
export interface DatabaseState {
  readonly updatedAt: Date;
}

const limits = { download: 10 * 60_000, scan: 15 * 60_000 } as const;
const maxOutputBytes = 256 * 1024 * 1024;

/** What a child may know of our environment: enough to find the engine, the registries' logins and the way out. */
const passedOn = [
  'PATH',
  'HOME',
  'TMPDIR',
  'DOCKER_HOST',
  'DOCKER_CONFIG',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/** One Trivy and its database; several scans may go on at once. */
export class Trivy {
  readonly #program: string;
  readonly #cache: string;
  readonly #env: Record<string, string>;
  readonly #databases: readonly string[];

  constructor({ env, databases }: TrivyOptions) {
    this.#program = env['HUBWRIGHT_TRIVY'] || 'trivy';
    const caches = env['XDG_CACHE_HOME'] || path.join(env['HOME'] || homedir(), '.cache');
    this.#cache = env['HUBWRIGHT_TRIVY_CACHE'] || path.join(caches, 'hubwright', 'trivy');
    this.#env = Object.fromEntries(passedOn.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
    this.#databases = databases;
  }

  /** Downloads the database unless the one that is there is still current by its own word. */
  async updateDatabase(now: Date, signal: AbortSignal): Promise<Result<DatabaseState, ScanTrouble>> {
    const there = await this.#readDatabase();
    if (there !== undefined && there.nextUpdate > now) return ok({ updatedAt: there.updatedAt });
    const repositories = this.#databases.flatMap((repository) => ['--db-repository', repository]);
    const ran = await this.#run(['image', '--download-db-only', ...repositories], limits.download, signal);
    if (!ran.ok && there === undefined) return ran;
    if (!ran.ok && ran.error.kind !== 'failed') return ran;
    // An older database is better than none; how old it may be is the policy's to say.
    const current = await this.#readDatabase();
    return current === undefined
      ? err({ kind: 'failed', message: `Trivy has no database in ${this.#cache} that can be read` })
      : ok({ updatedAt: current.updatedAt });
  }

  /** Scans an image of the engine's, packages and secrets; needs the database. */
  async scanImage(reference: string, signal: AbortSignal): Promise<Result<Scanned, ScanTrouble>> {
    const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-scan-'));
    try {
      const reportFile = path.join(folder, 'report.json');
      const what = ['--image-src', 'docker', '--scanners', 'vuln,secret', '--list-all-pkgs'];
      const scan = ['image', ...what, ...offline, ...asJson(reportFile), '--', reference];
      const scanned = await this.#run(scan, limits.scan, signal);
      if (!scanned.ok) return scanned;
      const report = readTrivyReport(await readFile(reportFile, 'utf8'));
      if (!report.ok) return err({ kind: 'failed', message: report.error });
      const billFile = path.join(folder, 'bill.json');
      const convert = ['convert', '--format', 'cyclonedx', '--output', billFile, '--', reportFile];
      const converted = await this.#run(convert, limits.scan, signal);
      return converted.ok ? ok({ report: report.value, bill: await readFile(billFile) }) : converted;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Judges a bill of materials as of today's database, without the image. */
  async scanBill(bill: Buffer, signal: AbortSignal): Promise<Result<ScanReport, ScanTrouble>> {
    const folder = await mkdtemp(path.join(tmpdir(), 'hubwright-scan-'));
    try {
      const billFile = path.join(folder, 'bill.json');
      const reportFile = path.join(folder, 'report.json');
      await writeFile(billFile, bill);
      const scanned = await this.#run(
        ['sbom', ...offline, ...asJson(reportFile), '--', billFile],
        limits.scan,
        signal,
      );
      if (!scanned.ok) return scanned;
      const report = readTrivyReport(await readFile(reportFile, 'utf8'));
      return report.ok ? report : err({ kind: 'failed', message: report.error });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #readDatabase(): Promise<{ readonly updatedAt: Date; readonly nextUpdate: Date } | undefined> {
    try {
      const text = await readFile(path.join(this.#cache, 'db', 'metadata.json'), 'utf8');
      const parsed = databaseSchema.safeParse(JSON.parse(text)).data;
      return parsed && { updatedAt: new Date(parsed.UpdatedAt), nextUpdate: new Date(parsed.NextUpdate) };
    } catch {
      return undefined;
    }
  }

  async #run(
    args: readonly string[],
    timeout: number,
    signal: AbortSignal,
  ): Promise<Result<void, ScanTrouble>> {
    const ran = await execa(this.#program, ['--cache-dir', this.#cache, '--quiet', ...args], {
      env: this.#env,
      extendEnv: false,
      stdin: 'ignore',
      timeout,
      cancelSignal: signal,
      maxBuffer: maxOutputBytes,
      reject: false,
    });
    if (!ran.failed) return ok(undefined);
    if (signal.aborted) return err({ kind: 'cancelled', message: 'cancelled' });
    if (ran.code === 'ENOENT')
      return err({
        kind: 'missing',
        message: `Trivy is not there (\`${this.#program}\`)`,
        help: 'Run `./build setup`, or name it in `HUBWRIGHT_TRIVY`',
      });
    const how = ran.timedOut ? `took longer than ${timeout / 60_000} minutes` : lastLine(ran.stderr);
    return err({ kind: 'failed', message: `Trivy ${args[0] ?? ''}: ${how}` });
  }
}

/** Scans read the database that was downloaded once, and ask nobody; the memory keeps what the shared cache would lock. */
const offline = [
  '--skip-db-update',
  '--skip-java-db-update',
  '--offline-scan',
  '--skip-version-check',
  '--disable-telemetry',
  '--cache-backend',
  'memory',
] as const;

function asJson(file: string): readonly string[] {
  return ['--format', 'json', '--output', file];
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'it failed without a word').slice(0, 500);
}
