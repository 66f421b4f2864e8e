/**
 * Trivy's database of known holes: downloaded once a run unless the one that is there is current by its own word, and
 * refused when it is older than the family allows, for an old one finds nothing new and looks like good news.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJson } from '../../registry/parse-json.ts';
import { err, ok, type Result } from '../core/result.ts';
import { databaseSchema } from './schema.ts';
import { runTrivy, type ScanTrouble, type TrivyProgram } from './trivy-program.ts';

export interface DatabaseOptions {
  /** Repositories to take it from, first come first; empty: Trivy's own. */
  readonly databases: readonly string[];
  readonly maxDatabaseAgeHours: number;
}

/** When its data was put together. */
export interface DatabaseState {
  readonly updatedAt: Date;
  readonly ageHours: number;
}

const downloadMs = 10 * 60_000;
const hourMs = 3_600_000;

/** The database as of `now`, brought up to date where that is possible. */
export async function updateDatabase(
  trivy: TrivyProgram,
  { databases, maxDatabaseAgeHours }: DatabaseOptions,
  now: Date,
  signal: AbortSignal,
): Promise<Result<DatabaseState, ScanTrouble>> {
  const there = await readDatabase(trivy.cache, 'db');
  let trouble: ScanTrouble | undefined;
  if (there === undefined || there.nextUpdate <= now) {
    const repositories = databases.flatMap((repository) => ['--db-repository', repository]);
    const args = ['image', '--download-db-only', ...repositories];
    const ran = await runTrivy(trivy, { args, timeoutMs: downloadMs }, signal);
    if (!ran.ok && ran.error.kind === 'cancelled') return ran;
    // An older one may still be young enough.
    if (!ran.ok) trouble = ran.error;
  }
  const current = await readDatabase(trivy.cache, 'db');
  const help =
    '`scan: { databases: [REFERENCE] }` names a place that can be reached; `build mirror --trivy-db` copies the database into your own registry';
  if (current === undefined) {
    const message = `there is no vulnerability database: ${trouble?.message ?? `${trivy.cache} holds none that can be read`}`;
    return err({ kind: 'failed', message, help });
  }
  const ageHours = Math.max(0, Math.floor((now.getTime() - current.updatedAt.getTime()) / hourMs));
  if (ageHours > maxDatabaseAgeHours) {
    const why = trouble === undefined ? '' : `, and no newer one could be had: ${trouble.message}`;
    const message = `the vulnerability database is ${ageHours} h old, and ${maxDatabaseAgeHours} h are allowed (\`maxDatabaseAge\`)${why}`;
    return err({ kind: 'failed', message, help });
  }
  return ok({ updatedAt: current.updatedAt, ageHours });
}

/** What Trivy notes of a database of its cache; undefined where there is none that can be read. */
export async function readDatabase(
  cache: string,
  folder: 'db' | 'java-db',
): Promise<{ readonly updatedAt: Date; readonly nextUpdate: Date } | undefined> {
  const text = await readFile(path.join(cache, folder, 'metadata.json'), 'utf8').catch(() => undefined);
  const metadata = text === undefined ? undefined : parseJson(databaseSchema, text);
  return metadata && { updatedAt: new Date(metadata.UpdatedAt), nextUpdate: new Date(metadata.NextUpdate) };
}
