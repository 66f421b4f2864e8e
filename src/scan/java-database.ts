/**
 * Trivy's database of the names of Java archives: what a `.jar` is that does not say it itself. It is as large as an
 * image, and few images hold any, so that it is downloaded when the first scan asks for it, and kept up to date from then on.
 */
import { err, type Result } from '../core/result.ts';
import { readDatabase } from './database.ts';
import { runTrivy, type ScanTrouble, type TrivyProgram } from './trivy-program.ts';

const downloadMs = 20 * 60_000;

/** Whether this is what Trivy says where a scan needs the database and there is none. */
export function wantsJavaDatabase({ message }: ScanTrouble): boolean {
  return /java[ -]db/i.test(message);
}

/** Downloads it from the first of `repositories` that has it; from Trivy's own places where none is named. */
export async function fetchJavaDatabase(
  trivy: TrivyProgram,
  repositories: readonly string[],
  signal: AbortSignal,
): Promise<Result<void, ScanTrouble>> {
  const places = repositories.flatMap((repository) => ['--java-db-repository', repository]);
  const args = ['image', '--download-java-db-only', ...places];
  const ran = await runTrivy(trivy, { args, timeoutMs: downloadMs }, signal);
  if (ran.ok || ran.error.kind === 'cancelled') return ran;
  return err({
    kind: 'failed',
    message: `there are Java archives in it, and the database of their names cannot be had: ${ran.error.message}`,
    help: '`scan: { javaDatabases: [REFERENCE] }` names a place that can be reached; `build mirror --trivy-java-db` copies it into your own registry',
  });
}

/** Brings up to date what is there. An old one does: it lacks the names of new archives, and no hole of known ones. */
export async function refreshJavaDatabase(
  trivy: TrivyProgram,
  repositories: readonly string[],
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  const current = await readDatabase(trivy.cache, 'java-db');
  if (current !== undefined && current.nextUpdate <= now)
    await fetchJavaDatabase(trivy, repositories, signal);
}
