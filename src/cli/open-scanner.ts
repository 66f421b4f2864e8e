/** What commands that scan open first: the policy of the day, and a Trivy with its database. */
import { availableParallelism } from 'node:os';
import { untilAborted } from '../../registry/until-aborted.ts';
import { environmentError, type Diagnostic } from '../core/diagnostic.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { ScanSettings } from '../matrix/image-set.ts';
import type { RunScan } from '../run/run-context.ts';
import { Scanner } from '../scan/scanner.ts';
import { findTrivy, type ScanTrouble } from '../scan/trivy-program.ts';
import type { CliContext } from './context.ts';
import type { Workplace } from './workplace.ts';

/** A scanner by these settings; its trouble is a diagnostic with the command that mends it. */
export async function openScanner(
  { env }: CliContext,
  { engine }: Pick<Workplace, 'engine'>,
  settings: Pick<ScanSettings, 'databases' | 'javaDatabases' | 'maxDatabaseAgeHours'>,
): Promise<Result<Scanner, readonly Diagnostic[]>> {
  const trivy = await findTrivy(env);
  if (!trivy.ok) return err([scanDiagnostic(trivy.error)]);
  const scanner = new Scanner({
    trivy: trivy.value,
    images: engine.images,
    atOnce: availableParallelism(),
    now: () => new Date(),
    databases: settings.databases,
    javaDatabases: settings.javaDatabases,
    maxDatabaseAgeHours: settings.maxDatabaseAgeHours,
  });
  return ok(scanner);
}

/** What is wrong with the database, told before anything is built that could not be published for it. */
export async function databaseTrouble(
  { scanner }: RunScan,
  signal: AbortSignal,
): Promise<readonly Diagnostic[]> {
  const database = await untilAborted(scanner.database(), () => undefined, signal);
  return database === undefined || database.ok ? [] : [scanDiagnostic(database.error)];
}

/** A scanner's trouble as a person is told of it: exit code 3. */
export function scanDiagnostic({ kind, message, help }: ScanTrouble): Diagnostic {
  return environmentError(kind === 'missing' ? 'trivy-missing' : 'scan-failed', message, help);
}
